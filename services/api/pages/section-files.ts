// One table or picture of a page as a file.
import type { FastifyReply } from 'fastify';
import { Type } from 'typebox';
import { KubecensusError } from '../../platform/errors.ts';
import { standaloneSvg } from '../../reports/charts.ts';
import type { Section } from '../../reports/section.ts';
import { csvOf } from '../../reports/table-csv.ts';
import { sendAs } from './sent-page.ts';
import type { Viewer } from './viewer.ts';

/** data/<id>.csv, data/<id>.json and figures/<id>.svg below the path of a page. */
export const FILE = Type.Object({
  kind: Type.Enum(['data', 'figures']),
  file: Type.String({ pattern: '^[a-z0-9-]{1,80}\\.(csv|json|svg)$' }),
});

/** Sends the file of that name. Throws KC_API_NOT_FOUND when the page has no such table or picture. */
export function sendFile(
  reply: FastifyReply,
  viewer: Viewer,
  sections: readonly Section[],
  { kind, file }: { readonly kind: string; readonly file: string },
): FastifyReply {
  const [id = '', form = ''] = file.split('.');
  const made = kind === 'figures' ? pictureFile(sections, id, form) : tableFile(sections, id, form);
  if (made === null) throw new KubecensusError('KC_API_NOT_FOUND', `This page has no ${kind}/${file}.`);
  return sendAs(reply, viewer, made.type, made.body);
}

interface Made {
  readonly type: string;
  readonly body: string;
}

function pictureFile(sections: readonly Section[], id: string, form: string): Made | null {
  const figure = sections.flatMap((one) => one.figures).find((one) => one.id === id);
  return figure === undefined || form !== 'svg' ? null : { type: 'image/svg+xml', body: standaloneSvg(figure) };
}

function tableFile(sections: readonly Section[], id: string, form: string): Made | null {
  const table = sections.flatMap((one) => one.tables).find((one) => one.id === id);
  if (table === undefined) return null;
  if (form === 'csv') return { type: 'text/csv; charset=utf-8', body: csvOf(table) };
  if (form !== 'json') return null;
  const { title, columns, rows } = table;
  return { type: 'application/json; charset=utf-8', body: `${JSON.stringify({ id, title, columns, rows })}\n` };
}
