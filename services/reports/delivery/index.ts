// The list of ways a report is delivered: one line each. A destination is written KIND:PLACE, e.g. dir:/srv/reports.
import { KubecensusError } from '../../platform/errors.ts';
import { type ReportFiles, readReport } from '../report-files.ts';
import { deliverToDirectory } from './directory.ts';

type Deliver = (report: ReportFiles, place: string) => Promise<unknown>;

const DELIVERIES: Readonly<Record<string, Deliver>> = {
  dir: deliverToDirectory,
};

/** Whether a destination names a known kind and a place. */
export function isDestination(destination: string): boolean {
  const { kind, place } = partsOf(destination);
  return Object.hasOwn(DELIVERIES, kind) && place !== '';
}

/**
 * Delivers the report that lies in `directory`. Returns null when it is there now (also when it was there before), else what went wrong in
 * one line: the outbox keeps it and tries again. Never throws for a failed delivery; idempotent by report id.
 */
export async function deliverTo(destination: string, directory: string): Promise<string | null> {
  const { kind, place } = partsOf(destination);
  if (!isDestination(destination))
    return `There is no way to deliver to "${destination}"; there are: ${Object.keys(DELIVERIES)
      .map((one) => `${one}:PLACE`)
      .join(', ')}.`;
  try {
    const report = await readReport(directory);
    if (report === null) throw new KubecensusError('KC_REPORT_DAMAGED', `${directory} holds no report.`);
    await DELIVERIES[kind]!(report, place);
    return null;
  } catch (cause) {
    return cause instanceof Error ? cause.message : String(cause);
  }
}

function partsOf(destination: string): { kind: string; place: string } {
  const colon = destination.indexOf(':');
  return colon < 0
    ? { kind: '', place: '' }
    : { kind: destination.slice(0, colon), place: destination.slice(colon + 1) };
}
