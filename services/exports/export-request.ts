// What is asked of an export and what comes of it.
import type { Writable } from 'node:stream';
import { KubecensusError } from '../platform/errors.ts';
import type { Dataset } from './column.ts';
import type { DatasetName } from './columns.ts';
import { type ExportFormat, FORMAT_SPECS, type FormatSpec } from './export-format.ts';

/** Which rows, in which form. */
export interface ExportSelection {
  readonly dataset: DatasetName;
  /** Null for datasets of no survey, and for an increment over all surveys. */
  readonly surveyId: string | null;
  readonly format: ExportFormat;
  /** Only what is newer, where the dataset says what that means. */
  readonly since?: Date | null;
}

export interface ExportRequest extends ExportSelection {
  /** A stream, or a path: then the file appears whole or not at all, with PATH.manifest.json beside it. */
  readonly out: Writable | string;
  /** The policy of now, for the manifest of what is of no survey; a survey has its own. */
  readonly policy?: object;
  readonly codeVersion: string;
  readonly at: Date;
}

export interface ExportResult {
  readonly rows: number;
  readonly bytes: number;
  /** Lower-case hex, over the bytes written. */
  readonly sha256: string;
}

/** The dataset as the format has it. Throws KC_USAGE for a format, a survey or an increment that it does not have. */
export function selectedDataset({ dataset: name, format, surveyId, since }: ExportSelection): Dataset {
  const dataset = (FORMAT_SPECS[format] as FormatSpec).of(name);
  if (dataset === null) throw new KubecensusError('KC_USAGE', `${name} cannot be exported as ${format}.`);
  if (!dataset.perSurvey && surveyId !== null)
    throw new KubecensusError('KC_USAGE', `The rows of ${name} are not of one survey, so that none can be chosen.`);
  if (since && 'refused' in dataset.since)
    throw new KubecensusError('KC_USAGE', `There are no increments of ${name}: ${dataset.since.refused}.`);
  return dataset;
}

/** True when the rows are those of the one survey that is named, or has to be. */
export function ofOneSurvey(dataset: Dataset, { surveyId, since }: ExportSelection): boolean {
  return dataset.perSurvey && !(surveyId === null && since && 'acrossSurveys' in dataset.since);
}
