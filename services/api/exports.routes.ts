// Exports: made once, named by their content, downloaded whole or from where a download broke off.
import { join } from 'node:path';
import { type Static, Type } from 'typebox';
import { DATASETS, type DatasetName } from '../exports/columns.ts';
import { type ExportFile, findExportFile, isBeforeOptOut, makeExportFile } from '../exports/export-file.store.ts';
import { EXPORT_FORMATS, type ExportFormat } from '../exports/export-format.ts';
import { KubecensusError } from '../platform/errors.ts';
import { countedSurvey } from '../rollups/counted-survey.store.ts';
import { howToCover, keyOf } from './access.ts';
import type { Resource } from './context.ts';
import { isPrivate } from './datasets.routes.ts';
import { found, sendFile } from './file-answer.ts';
import { once, recall } from './idempotency.store.ts';
import { repeatable } from './idempotency.ts';
import { type ApiKey, coversEverything } from './keys/api-key.ts';
import { timeOf } from './request-values.ts';
import { AnyObject, answers, Count, FILE_ANSWERS, Id, IdempotencyKey, madeAnswers, Time } from './schemas.ts';

/** Exports that one process makes at a time: each reads the database as fast as it can. */
const AT_ONCE = 2;

const ExportId = Type.String({ pattern: '^[0-9a-f]{64}$' });

const Export = Type.Object({
  id: ExportId,
  fileName: Type.String(),
  mediaType: Type.String(),
  rows: Count,
  unit: Type.String({ description: 'what one row is, plural' }),
  bytes: Count,
  sha256: ExportId,
  file: Type.String({ description: 'path of the file' }),
  manifest: AnyObject,
});

const Request = Type.Object(
  {
    dataset: Type.Enum(Object.keys(DATASETS) as DatasetName[]),
    format: Type.Enum([...EXPORT_FORMATS]),
    survey: Type.Optional(Id),
    since: Type.Optional(Time),
  },
  { additionalProperties: false },
);

const written = (file: ExportFile): Static<typeof Export> => ({
  id: file.id,
  fileName: file.fileName,
  mediaType: file.mediaType,
  rows: file.manifest.rows,
  unit: file.manifest.unit,
  bytes: file.bytes,
  sha256: file.sha256,
  file: `/v1/exports/${file.id}/file`,
  manifest: { ...file.manifest },
});

/** Rows of every host are for keys that cover every network; counts are for all keys that read counts. */
function mayExport(key: ApiKey, dataset: DatasetName): void {
  if (isPrivate(DATASETS[dataset]) && !coversEverything(key))
    throw new KubecensusError(
      'KC_API_FORBIDDEN',
      `${dataset} holds rows about hosts everywhere: the key has to cover 0.0.0.0/0 and ::/0. ${howToCover('0.0.0.0/0 ::/0')}`,
    );
}

export const exports: Resource = (api, context) => {
  const { db, now, dataDir, codeVersion, database } = context;
  const directory = join(dataDir, 'exports');
  const closing = new AbortController();
  // Before the server waits for its open requests: an export may go on for minutes.
  api.addHook('preClose', async () => closing.abort());
  let making = 0;

  const make = async ({ dataset, format, survey, since }: Static<typeof Request>): Promise<ExportFile> => {
    if (making >= AT_ONCE)
      throw new KubecensusError('KC_API_RATE', `${making} exports are being made; wait until one is done.`);
    making++;
    try {
      const surveyId =
        DATASETS[dataset].perSurvey && since === undefined
          ? (await countedSurvey(db, survey ?? null)).id
          : (survey ?? null);
      const request = {
        dataset,
        format: format as ExportFormat,
        surveyId,
        codeVersion,
        at: now(),
        since: since === undefined ? null : timeOf(since),
      };
      return await makeExportFile(directory, request, database, closing.signal);
    } finally {
      making--;
    }
  };

  api.post(
    '/v1/exports',
    {
      config: { needs: { scope: 'aggregate:read' } },
      schema: {
        operationId: 'makeExport',
        summary: 'Make an export; the same rows are the same file',
        tags: ['exports'],
        headers: IdempotencyKey,
        body: Request,
        response: madeAnswers(Export),
      },
    },
    async (request, reply) => {
      mayExport(keyOf(request.access), request.body.dataset);
      const asked = repeatable(request, now());
      const before = await recall<Static<typeof Export>>(db, asked);
      if (before !== null) {
        void reply.header('idempotency-replayed', 'true');
        return reply.code(before.status as 201).send(before.body);
      }
      // Not in the transaction: it may take minutes, and making it twice makes one file.
      const body = written(await make(request.body));
      const { status } = await once(db, asked, async () => ({ status: 201, body }));
      return reply
        .code(status as 201)
        .header('location', `/v1/exports/${body.id}`)
        .send(body);
    },
  );

  const findFor = async (key: ApiKey, id: string): Promise<ExportFile> => {
    const file = found(await findExportFile(directory, id), `export ${id}`);
    mayExport(key, file.manifest.dataset);
    if (await isBeforeOptOut(file, database))
      throw new KubecensusError(
        'KC_API_NOT_FOUND',
        'This export is not handed out any more: it was made before somebody opted out, who may stand in it. Make it again to get what is left.',
      );
    return file;
  };

  api.get(
    '/v1/exports/:export',
    {
      config: { needs: { scope: 'aggregate:read' } },
      schema: {
        operationId: 'getExport',
        summary: 'An export with its manifest',
        tags: ['exports'],
        params: Type.Object({ export: ExportId }),
        response: answers(Export),
      },
    },
    async (request) => written(await findFor(keyOf(request.access), request.params.export)),
  );

  api.get(
    '/v1/exports/:export/file',
    {
      compress: false,
      config: { needs: { scope: 'aggregate:read' } },
      schema: {
        operationId: 'getExportFile',
        summary: 'The file of an export, or a range of it',
        tags: ['exports'],
        params: Type.Object({ export: ExportId }),
        response: FILE_ANSWERS,
      },
    },
    async (request, reply) => sendFile(request, reply, await findFor(keyOf(request.access), request.params.export)),
  );
};
