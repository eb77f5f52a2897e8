// Reports that were made: which there are, what each is made of, and its files.
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { Type } from 'typebox';
import { isReportName, REPORTS } from '../reports/index.ts';
import { type ReportFiles, readReport, reportDirectory } from '../reports/report-files.ts';
import { type Access, keyOf } from './access.ts';
import type { Resource } from './context.ts';
import { questionOf } from './cursor.ts';
import { found, sendFile } from './file-answer.ts';
import { coversEverything } from './keys/api-key.ts';
import { pageOf } from './page.ts';
import { findReport, listReports, type StoredReport } from './report-list.store.ts';
import { AnyObject, answers, Count, FILE_ANSWERS, Id, Next, orNull, PAGE_ROWS, PAGED, query, Time } from './schemas.ts';

const Report = Type.Object({
  id: Type.String(),
  name: Type.String(),
  title: orNull(Type.String()),
  survey: orNull(Type.String()),
  createdAt: Time,
});

const WholeReport = Type.Object({
  ...Report.properties,
  files: Type.Array(
    Type.Object({
      path: Type.String(),
      bytes: Count,
      sha256: Type.String(),
      file: Type.String({ description: 'path of the file' }),
    }),
  ),
  manifest: AnyObject,
});

const written = ({ id, name, survey, createdAt }: StoredReport) => ({
  id,
  name,
  title: isReportName(name) ? REPORTS[name].title : null,
  survey,
  createdAt: createdAt.toISOString(),
});

/** Reports on single hosts: for keys that cover every network. */
const ON_HOSTS: readonly string[] = Object.entries(REPORTS).flatMap(([name, { reads }]) =>
  reads === 'owner' ? [name] : [],
);

const hiddenFrom = (access: Access): readonly string[] => (coversEverything(keyOf(access)) ? [] : ON_HOSTS);

/** By the ending of a file of a report. */
const MEDIA_TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  md: 'text/markdown; charset=utf-8',
  json: 'application/json',
  csv: 'text/csv; charset=utf-8; header=present',
  svg: 'image/svg+xml',
};

export const reports: Resource = (api, { db, cursors, dataDir }) => {
  const config = { needs: { scope: 'aggregate:read' } } as const;

  api.get(
    '/v1/reports',
    {
      config,
      schema: {
        operationId: 'listReports',
        summary: 'Reports that were stored, newest first',
        tags: ['reports'],
        querystring: query(PAGED),
        response: answers(Type.Object({ data: Type.Array(Report), next: Next })),
      },
    },
    async ({ query: { limit = PAGE_ROWS, cursor }, access }) => {
      const question = questionOf('/v1/reports', {});
      const [at, id] = cursor === undefined ? [] : cursors.read(question, cursor);
      const after = at === undefined ? null : ([new Date(Number(at)), String(id)] as const);
      const rows = await listReports(db, { without: hiddenFrom(access), after, limit: limit + 1 });
      const { data, next } = pageOf(rows, limit, cursors, question, (row) => [row.createdAt.getTime(), row.id]);
      return { data: data.map(written), next };
    },
  );

  /** The report with what lies on disk of it. One that the key may not see is not there. */
  const open = async (access: Access, id: string) => {
    const report = found(await findReport(db, id), `report ${id}`);
    found(hiddenFrom(access).includes(report.name) ? null : report, `report ${id}`);
    const files: ReportFiles | null = await readReport(reportDirectory(dataDir, id));
    return { report, files: files?.files ?? [] };
  };

  api.get(
    '/v1/reports/:report',
    {
      config,
      schema: {
        operationId: 'getReport',
        summary: 'A report: its manifest and its files',
        tags: ['reports'],
        params: Type.Object({ report: Id }),
        response: answers(WholeReport),
      },
    },
    async ({ access, params }) => {
      const { report, files } = await open(access, params.report);
      return {
        ...written(report),
        files: files.map(({ path, bytes, sha256 }) => ({
          path,
          bytes,
          sha256,
          file: `/v1/reports/${report.id}/files/${path.replace('/', '%2F')}`,
        })),
        manifest: report.manifest,
      };
    },
  );

  api.get(
    '/v1/reports/:report/files/:file',
    {
      compress: false,
      config,
      schema: {
        operationId: 'getReportFile',
        summary: 'A file of a report; a slash in its path is written %2F',
        tags: ['reports'],
        params: Type.Object({
          report: Id,
          file: Type.String({ pattern: '^(?:[a-z0-9-]+/)?[A-Za-z0-9_-]+\\.[a-z]+$' }),
        }),
        response: FILE_ANSWERS,
      },
    },
    async (request, reply) => {
      const { report, file: path } = request.params;
      const { files } = await open(request.access, report);
      // Only what the manifest lists is opened, and it was read with paths that lead nowhere else.
      const file = found(
        files.find((one) => one.path === path),
        `file ${path} in report ${report}`,
      );
      const place = join(reportDirectory(dataDir, report), file.path);
      return sendFile(request, reply, {
        ...file,
        fileName: file.path.replace('/', '-'),
        mediaType: MEDIA_TYPES[file.path.split('.').at(-1) ?? ''] ?? 'application/octet-stream',
        open: (range) => createReadStream(place, range ?? {}),
      });
    },
  );
};
