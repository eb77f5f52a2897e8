// A report as one self-contained HTML file: no script, no external resource, everything from data escaped.
import { createHash } from 'node:crypto';
import { inlineSvg, NARROW, WIDE } from './charts.ts';
import { type Html, html, markupOf, raw } from './html-template.ts';
import { counted, grouped, unitFor } from './numbers.ts';
import { PAGE_STYLE } from './page-style.ts';
import type {
  Column,
  Figure,
  HeadlineNumber,
  Inline,
  Note,
  Paragraph,
  Report,
  Section,
  Table,
  Text,
  Value,
} from './section.ts';
import { columnHead, inlineText, isLink, writtenTime, writtenValue } from './written-value.ts';

/** Nothing may be loaded or run; of styles only the one sheet of the page, by its digest. */
const POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(PAGE_STYLE).digest('base64')}'`,
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

/** Text cells longer than this get room to be read as prose. */
const PROSE_LETTERS = 40;

export function htmlOf(report: Report): string {
  return markupOf(html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${raw(POLICY)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="color-scheme" content="light dark">
<title>${report.title}</title>
<style>${raw(PAGE_STYLE)}</style>
</head>
<body>
<div class="page">
<header>
<p class="overline">kubecensus · ${report.name} report</p>
<h1>${report.title}</h1>
<p class="lead">${report.subtitle}</p>
<p class="meta">Generated ${writtenTime(report.generatedAt)}</p>
</header>
<nav aria-label="Contents"><details open><summary>Contents</summary><ol>${report.sections.map((one) => html`<li><a href="#${one.id}">${one.title}</a></li>`)}</ol></details></nav>
<main>${report.sections.map((one) => sectionHtml(one, FILES))}</main>
</div>
</body>
</html>
`);
}

/** Where the data of a table and a picture lie, as seen from the page. */
export interface DataLinks {
  /** Each with what it is called. */
  readonly ofTable: (id: string) => readonly { readonly label: string; readonly href: string }[];
  readonly ofFigure: (id: string) => string;
  /** Where a cell leads, or null; absent: nowhere. */
  readonly ofCell?: (column: Column, row: readonly Value[], table: Table) => string | null;
}

/** The files beside a report. */
const FILES: DataLinks = {
  ofTable: (id) => [{ label: 'Data: CSV', href: `data/${id}.csv` }],
  ofFigure: (id) => `figures/${id}.svg`,
};

/** One section as it stands in a page; the dashboard uses it too. */
export function sectionHtml(section: Section, links: DataLinks): Html {
  const behind = new Map(section.tables.map((table) => [table.id, table]));
  const drawn = new Set(section.figures.map((figure) => figure.table));
  return html`
<section id="${section.id}">
<h2>${section.title}</h2>
${section.notes.filter((note) => note.tone === 'caution').map(noteHtml)}
${section.numbers.length === 0 ? '' : html`<dl class="tiles">${section.numbers.map(tileHtml)}</dl>`}
${section.paragraphs.map(paragraphHtml)}
${section.figures.map((figure, at) => {
  const first = section.figures.findIndex((one) => one.table === figure.table) === at;
  return figureHtml(figure, first ? behind.get(figure.table) : undefined, links);
})}
${section.tables.filter((table) => !drawn.has(table.id)).map((table) => tableHtml(table, links))}
${section.notes.filter((note) => note.tone !== 'caution').map(noteHtml)}
</section>`;
}

function tileHtml(one: HeadlineNumber): Html {
  return html`<div class="tile ${one.role}"><dt>${one.label}</dt><dd class="value">${grouped(one.value)} <span>${unitFor(one.unit, one.value)}</span></dd><dd>${one.detail.map(inlineHtml)}</dd></div>`;
}

function paragraphHtml(paragraph: Paragraph): Html {
  if ('items' in paragraph) return html`<ul>${paragraph.items.map((item) => html`<li>${textHtml(item)}</li>`)}</ul>`;
  return html`<p>${textHtml(paragraph)}</p>`;
}

function textHtml(text: Text): Html {
  return html`${text.map(inlineHtml)}`;
}

function inlineHtml(piece: Inline): Html {
  const words = inlineText(piece);
  if (typeof piece === 'string') return html`${words}`;
  if ('strong' in piece) return html`<strong>${words}</strong>`;
  if ('code' in piece) return html`<code><bdi>${words}</bdi></code>`;
  if ('text' in piece && isLink(piece.href))
    return html`<a href="${piece.href}" rel="noreferrer nofollow">${words}</a>`;
  return html`${words}`;
}

function figureHtml(figure: Figure, table: Table | undefined, links: DataLinks): Html {
  return html`<figure id="figure-${figure.id}">
<h3>${figure.title}</h3>
<div class="wide">${raw(inlineSvg(figure, WIDE))}</div>
<div class="narrow">${raw(inlineSvg(figure, NARROW))}</div>
<figcaption>${figure.description}</figcaption>
${linksHtml(links, figure.table, figure.id)}
${table === undefined ? '' : html`<details><summary>Show the numbers: ${table.title}</summary><div class="table">${rowsHtml(table, links)}</div></details>`}
</figure>`;
}

function tableHtml(table: Table, links: DataLinks): Html {
  const grid = html`${rowsHtml(table, links)}${linksHtml(links, table.id, null)}`;
  if (table.folded !== true) return html`<div class="table"><h3>${table.title}</h3>${grid}</div>`;
  return html`<details><summary>${table.title} (${counted(table.rows.length, 'row')})</summary><div class="table">${grid}</div></details>`;
}

function linksHtml(links: DataLinks, table: string, figure: string | null): Html {
  const all = [
    ...links.ofTable(table),
    ...(figure === null ? [] : [{ label: 'Picture: SVG', href: links.ofFigure(figure) }]),
  ];
  return html`<p class="links">${all.map(({ label, href }) => html`<a href="${href}">${label}</a>`)}</p>`;
}

function rowsHtml(table: Table, links: DataLinks): Html {
  if (table.rows.length === 0) return html`<p class="meta">Nothing to show.</p>`;
  const shown = table.rows.slice(0, table.shown ?? table.rows.length);
  const rest = table.rows.length - shown.length;
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${table.title}"><table>
<thead><tr>${table.columns.map(headHtml)}</tr></thead>
<tbody>${shown.map((row) => html`<tr>${row.map((value, at) => cellHtml(value, table.columns[at]!, at === 0, links.ofCell?.(table.columns[at]!, row, table) ?? null))}</tr>`)}</tbody>
</table></div>${rest > 0 ? html`<p class="meta">${counted(rest, 'more row')} in the CSV.</p>` : ''}`;
}

function headHtml(column: Column): Html {
  const { label, unit } = columnHead(column);
  return html`<th scope="col" class="${isNumber(column) ? 'number' : 'word'}">${label}${unit === null ? '' : html` <span>${unit}</span>`}</th>`;
}

function cellHtml(value: Value, column: Column, isFirst: boolean, href: string | null): Html {
  const words = writtenValue(value, column);
  const plain =
    column.type === 'code' && value !== null
      ? html`<code><bdi>${words}</bdi></code>`
      : isNumber(column)
        ? html`${words}`
        : html`<bdi>${words}</bdi>`;
  const content = href === null ? plain : html`<a href="${href}">${plain}</a>`;
  if (isFirst) return html`<th scope="row"${isNumber(column) ? html` class="number"` : ''}>${content}</th>`;
  const kind = isNumber(column)
    ? 'number'
    : column.type === 'time'
      ? 'time'
      : words.length > PROSE_LETTERS
        ? 'prose'
        : 'word';
  return html`<td class="${kind}">${content}</td>`;
}

function isNumber(column: Column): boolean {
  return column.type === 'count' || column.type === 'share';
}

function noteHtml(note: Note): Html {
  return html`<aside class="note ${note.tone}" aria-label="${note.title}"><p><b>${note.title}</b></p><p>${textHtml(note.text)}</p></aside>`;
}
