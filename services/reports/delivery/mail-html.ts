// A report as the HTML part of a mail: tables and inline styles only, because that is what mail programs show.
import { type Html, html, markupOf } from '../html-template.ts';
import { counted, grouped, unitFor } from '../numbers.ts';
import type { Figure, HeadlineNumber, Inline, Note, Paragraph, Report, Section, Table, Text } from '../section.ts';
import { columnHead, inlineText, isLink, writtenTime, writtenValue } from '../written-value.ts';
import { MAIL_ROWS, sentence } from './mail-text.ts';

/** Width of the sheet in pixels: what the narrowest reading panes of desktop programs show whole. */
export const SHEET = 640;

const SANS = 'font-family:Helvetica,Arial,sans-serif';
const SMALL = `${SANS};font-size:13px;line-height:18px;color:#56616c`;
/** The ink of reports on light paper. */
const INK = '#18222d';
const RULE = '#d5d8d6';
const ROLES: Readonly<Record<HeadlineNumber['role'], string>> = {
  'certificate-name': '#3f7fb5',
  'version-endpoint': '#c77f12',
  both: '#173a5e',
  plain: '#2f5d8a',
};
const NOTES: Readonly<Record<Note['tone'], string>> = { caution: '#b4472a', advice: '#17807a', note: '#2f5d8a' };

export interface MailPage {
  readonly report: Report;
  /** Figure id -> content id of its picture in the same mail. Figures without one are left to the attachment. */
  readonly pictures: ReadonlyMap<string, string>;
  /** Said below the title: partial, where the files are, how to unsubscribe. */
  readonly remarks: readonly string[];
  readonly footer: readonly string[];
}

/** Gmail cuts a page off beyond 102 kilobytes, remarks and the way out included. */
const MAX_BYTES = 100_000;
/** Rows of a table, fewer and fewer until the page is short enough: all numbers are in the text part and in the files. */
const ROWS = [MAIL_ROWS, 5, 3, 1] as const;

export function mailHtml(page: MailPage): string {
  const sizes = ROWS.values().map((rows) => pageHtml(page, rows));
  let shortest = '';
  for (shortest of sizes) if (Buffer.byteLength(shortest) <= MAX_BYTES) break;
  return shortest;
}

function pageHtml({ report, pictures, remarks, footer }: MailPage, rows: number): string {
  return markupOf(html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light"><title>${report.title}</title></head>
<body style="margin:0;padding:0;background:#fcfbf8;color:${INK}">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style="table-layout:fixed"><tr><td align="center" style="padding:24px 12px">
<table role="presentation" width="${SHEET}" cellpadding="0" cellspacing="0" border="0" style="table-layout:fixed;width:100%;max-width:${SHEET}px"><tr><td style="word-break:break-word;${SANS};font-size:16px;line-height:24px;color:${INK}">
<p style="${SMALL};margin:0;letter-spacing:1px;text-transform:uppercase">kubecensus · ${report.name} report</p>
<h1 style="${SANS};font-size:27px;line-height:32px;margin:6px 0 10px">${report.title}</h1>
<p style="margin:0 0 6px">${report.subtitle}</p>
<p style="${SMALL};margin:0 0 14px">Generated ${writtenTime(report.generatedAt)}</p>
${remarks.map((remark) => html`<p style="margin:0 0 10px;padding:0 0 0 12px;border-left:4px solid ${NOTES.caution}">${remark}</p>`)}
${report.sections.map((section) => sectionHtml(section, pictures, rows))}
<div style="${SMALL};margin-top:36px;padding-top:10px;border-top:1px solid ${RULE}">${footer.map((line) => html`<p style="margin:0 0 6px">${linked(line)}</p>`)}</div>
</td></tr></table>
</td></tr></table>
</body></html>
`);
}

/** Addresses in a line of the footer, which is ours, become links. */
const linked = (line: string): readonly (Html | string)[] =>
  line
    .split(/(https?:\/\/\S+)/)
    .map((part, at) => (at % 2 === 1 ? html`<a href="${part}" style="color:inherit">${part}</a>` : part));

function sectionHtml(section: Section, pictures: ReadonlyMap<string, string>, rows: number): Html {
  return html`<h2 style="${SANS};font-size:20px;line-height:25px;margin:34px 0 10px;padding-top:12px;border-top:2px solid ${INK}">${section.title}</h2>
${section.notes.filter((note) => note.tone === 'caution').map(noteHtml)}
${section.numbers.length === 0 ? '' : numbersHtml(section.numbers)}
${section.paragraphs.map(paragraphHtml)}
${section.figures.map((figure) => figureHtml(figure, pictures.get(figure.id)))}
${section.tables.filter((table) => table.folded !== true).map((table) => tableHtml(table, rows))}
${section.notes.filter((note) => note.tone !== 'caution').map(noteHtml)}`;
}

/** One below the other: three in a row do not fit a phone, and mail programs do not wrap cells. */
function numbersHtml(numbers: readonly HeadlineNumber[]): Html {
  return html`<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0">${numbers.map(
    (
      one,
    ) => html`<tr><td width="5" style="background:${ROLES[one.role]};border-bottom:8px solid #fcfbf8"></td><td style="padding:2px 0 10px 12px;border-bottom:8px solid #fcfbf8;${SMALL}">${one.label}<br>
<span style="font-size:27px;line-height:34px;font-weight:bold;color:${INK}">${grouped(one.value)}</span> ${unitFor(one.unit, one.value)}<br>${textHtml(one.detail)}</td></tr>`,
  )}</table>`;
}

function paragraphHtml(paragraph: Paragraph): Html {
  if ('items' in paragraph)
    return html`<ul style="margin:8px 0;padding-left:20px">${paragraph.items.map((item) => html`<li style="margin:4px 0">${textHtml(item)}</li>`)}</ul>`;
  return html`<p style="margin:10px 0">${textHtml(paragraph)}</p>`;
}

const textHtml = (text: Text): Html => html`${text.map(inlineHtml)}`;

function inlineHtml(piece: Inline): Html {
  const words = inlineText(piece);
  if (typeof piece === 'string') return html`${words}`;
  if ('strong' in piece) return html`<strong>${words}</strong>`;
  if ('code' in piece) return html`<code style="font-family:Menlo,Consolas,monospace;font-size:13px">${words}</code>`;
  if ('text' in piece && isLink(piece.href)) return html`<a href="${piece.href}" style="color:#2f5d8a">${words}</a>`;
  return html`${words}`;
}

function figureHtml(figure: Figure, picture: string | undefined): Html {
  if (picture === undefined) return html``;
  return html`<h3 style="${SANS};font-size:16px;line-height:22px;margin:22px 0 8px">${figure.title}</h3>
<img src="cid:${picture}" width="${SHEET}" alt="${figure.description}" style="display:block;width:100%;max-width:${SHEET}px;height:auto;border:0">
<p style="${SMALL};margin:6px 0 0">${figure.description}</p>`;
}

function tableHtml(table: Table, most: number): Html {
  const shown = table.rows.slice(0, Math.min(most, table.shown ?? most));
  const rest = table.rows.length - shown.length;
  const side = (at: number): 'left' | 'right' =>
    ['count', 'share'].includes(table.columns[at]!.type) ? 'right' : 'left';
  const head = table.columns.map((column, at) => {
    const { label, unit } = columnHead(column);
    return html`<th scope="col" align="${side(at)}" valign="bottom" style="border-bottom:2px solid ${INK}">${label}${unit === null ? '' : html`<br><span style="font-weight:normal;color:#56616c">${unit}</span>`}</th>`;
  });
  // Attributes and one short style: every cell repeats it, and long mails are cut by those who show them.
  const cell = `border-bottom:1px solid ${RULE}`;
  const rows = shown.map(
    (row) =>
      html`<tr valign="top">${row.map((value, at) => html`<td${side(at) === 'right' ? html` align="right"` : ''} style="${cell}">${writtenValue(value, table.columns[at]!)}</td>`)}</tr>`,
  );
  return html`<h3 style="${SANS};font-size:16px;line-height:22px;margin:22px 0 6px">${table.title}</h3>
${shown.length === 0 ? html`<p style="${SMALL};margin:0">Nothing to show.</p>` : html`<div style="overflow-x:auto;word-break:normal"><table width="100%" cellpadding="5" cellspacing="0" border="0" style="border-collapse:collapse;${SANS};font-size:13px;line-height:18px"><thead><tr>${head}</tr></thead><tbody>${rows}</tbody></table></div>`}
${rest > 0 ? html`<p style="${SMALL};margin:4px 0 0">${counted(rest, 'more row')} in the files.</p>` : ''}`;
}

function noteHtml(note: Note): Html {
  return html`<p style="margin:12px 0;padding:0 0 0 12px;border-left:4px solid ${NOTES[note.tone]};font-size:15px;line-height:22px"><strong>${sentence(note.title)}</strong> ${textHtml(note.text)}</p>`;
}
