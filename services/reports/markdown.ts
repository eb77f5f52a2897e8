// A report as Markdown (CommonMark with pipe tables): the same sections, pictures and tables as the page.

import { counted } from './numbers.ts';
import { visible } from './plain-text.ts';
import type { Figure, HeadlineNumber, Inline, Note, Paragraph, Report, Section, Table, Text } from './section.ts';
import { columnHead, inlineText, isLink, writtenTime, writtenValue } from './written-value.ts';

export function markdownOf(report: Report): string {
  const blocks = [
    `# ${escaped(report.title)}`,
    escaped(report.subtitle),
    `Generated ${writtenTime(report.generatedAt)}.`,
    ...report.sections.flatMap(sectionBlocks),
  ];
  return `${blocks.join('\n\n')}\n`;
}

function sectionBlocks(section: Section): string[] {
  return [
    `## ${escaped(section.title)}`,
    ...section.notes.filter((note) => note.tone === 'caution').map(noteOf),
    ...(section.numbers.length === 0 ? [] : [section.numbers.map(numberOf).join('\n')]),
    ...section.paragraphs.map(paragraphOf),
    ...section.figures.map(figureOf),
    ...section.tables.map(tableOf),
    ...section.notes.filter((note) => note.tone !== 'caution').map(noteOf),
  ];
}

function numberOf(one: HeadlineNumber): string {
  return `- ${escaped(one.label)}: **${escaped(counted(one.value, one.unit))}** (${textOf(one.detail)})`;
}

function paragraphOf(paragraph: Paragraph): string {
  return 'items' in paragraph ? paragraph.items.map((item) => `- ${textOf(item)}`).join('\n') : textOf(paragraph);
}

function textOf(text: Text): string {
  return text.map(inlineOf).join('');
}

function inlineOf(piece: Inline): string {
  const words = escaped(inlineText(piece));
  if (typeof piece === 'string') return words;
  if ('strong' in piece) return `**${words}**`;
  if ('code' in piece) return codeOf(piece.code);
  if ('text' in piece && isLink(piece.href))
    return `[${words}](<${new URL(piece.href).href.replaceAll(/[<>]/g, encodeURIComponent)}>)`;
  return words;
}

function figureOf(figure: Figure): string {
  return `![${escaped(figure.description)}](figures/${figure.id}.svg)\n\n*${escaped(figure.title)}* (data: [CSV](data/${figure.table}.csv))`;
}

function tableOf(table: Table): string {
  const shown = table.folded === true ? [] : table.rows.slice(0, table.shown ?? table.rows.length);
  const heads = table.columns.map((column) => {
    const { label, unit } = columnHead(column);
    return escaped(unit === null ? label : `${label} (${unit})`);
  });
  const rules = table.columns.map((column) => (column.type === 'count' || column.type === 'share' ? '---:' : '---'));
  const rows = shown.map((row) =>
    row.map((value, at) => {
      const column = table.columns[at]!;
      const words = writtenValue(value, column);
      return column.type === 'code' && value !== null ? codeOf(words) : escaped(words);
    }),
  );
  const rest = table.rows.length - shown.length;
  const more = `(data: [CSV](data/${table.id}.csv)${rest > 0 ? `, ${counted(rest, 'more row')}` : ''})`;
  const grid = [heads, rules, ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
  if (table.folded === true) return `**${escaped(table.title)}** ${more}`;
  return `**${escaped(table.title)}** ${more}\n\n${rows.length === 0 ? 'Nothing to show.' : grid}`;
}

function noteOf(note: Note): string {
  return `> **${escaped(note.title)}** ${textOf(note.text)}`;
}

/** A code span; text that would end the span or a table cell, or that a careless renderer might take for a tag, is written without one. */
function codeOf(code: string): string {
  const text = visible(code);
  if (/[|`<>&]/.test(text)) return escaped(text);
  return text.trim() === '' ? escaped(text) : `\`${text}\``;
}

/** Every character that CommonMark or its tables could take for markup gets a backslash; & < > become entities, so that no renderer sees a tag. */
function escaped(text: string): string {
  return visible(text)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll(/[\\`*_{}[\]|~]/g, '\\$&')
    .replace(/^(\s*)([#+-]|\d+[.)])(?=\s)/, '$1\\$2');
}
