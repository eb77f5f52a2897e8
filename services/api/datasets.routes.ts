// What can be exported: datasets with their columns, types and units.
import { Type } from 'typebox';
import type { Dataset } from '../exports/column.ts';
import { DATASETS } from '../exports/columns.ts';
import { EXPORT_FORMATS, FORMAT_SPECS } from '../exports/export-format.ts';
import type { Resource } from './context.ts';
import { answers, orNull, Texts } from './schemas.ts';

const Column = Type.Object({
  name: Type.String(),
  type: Type.Enum(['text', 'integer', 'number', 'boolean', 'timestamp', 'texts']),
  description: Type.String(),
  unit: orNull(Type.String()),
  private: Type.Boolean({ description: 'true: may lead to somebody’s machine; for keys that cover every network' }),
});

const DatasetFacts = Type.Object({
  name: Type.String(),
  description: Type.String(),
  unit: Type.String({ description: 'what one row is' }),
  perSurvey: Type.Boolean(),
  increments: Type.Boolean({ description: 'true: `since` selects what is newer' }),
  formats: Texts,
  columns: Type.Array(Column),
});

/** Whether rows of the dataset may lead to somebody's machine. */
export const isPrivate = (dataset: Dataset): boolean => dataset.columns.some((column) => column.private !== undefined);

const DATASET_LIST: readonly [string, Dataset][] = Object.entries(DATASETS);

export const datasets: Resource = (api) => {
  api.get(
    '/v1/datasets',
    {
      config: { needs: { scope: 'aggregate:read', public: true } },
      schema: {
        operationId: 'listDatasets',
        summary: 'Datasets with their columns',
        tags: ['exports'],
        response: answers(Type.Object({ data: Type.Array(DatasetFacts) })),
      },
    },
    async () => ({
      data: DATASET_LIST.map(([name, dataset]) => ({
        name,
        description: dataset.description,
        unit: dataset.unit,
        perSurvey: dataset.perSurvey,
        increments: !('refused' in dataset.since),
        formats: EXPORT_FORMATS.filter((format) => FORMAT_SPECS[format].of(name as keyof typeof DATASETS) !== null),
        columns: dataset.columns.map((column) => ({
          name: column.name,
          type: column.type,
          description: column.description,
          unit: column.unit ?? null,
          private: column.private !== undefined,
        })),
      })),
    }),
  );
};
