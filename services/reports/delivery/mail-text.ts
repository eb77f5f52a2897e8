// A report as plain text for the first part of a mail: nothing to click, nothing to load, aligned for letters of one width.
import { counted } from '../numbers.ts';
import { visible } from '../plain-text.ts';
import type { Note, Paragraph, Report, Section, Table, Text } from '../section.ts';
import { columnHead, inlineText, isLink, writtenTime, writtenValue } from '../written-value.ts';

/** Lines of prose are at most this long: mail programs break what is longer where they like (RFC 5322 recommends 78). */
const LINE = 76;
/** Rows of a table in a mail; the attachments hold all. */
export const MAIL_ROWS = 8;

export function mailText(report: Report): string {
  const blocks = [
    `${visible(report.title)}\n${'='.repeat(Math.min(LINE, report.title.length))}`,
    wrapped(visible(report.subtitle)),
    `Generated ${writtenTime(report.generatedAt)}.`,
    ...report.sections.flatMap(sectionBlocks),
  ];
  return `${blocks.join('\n\n')}\n`;
}

function sectionBlocks(section: Section): string[] {
  return [
    `${visible(section.title)}\n${'-'.repeat(Math.min(LINE, section.title.length))}`,
    ...section.notes.filter((note) => note.tone === 'caution').map(noteOf),
    ...section.numbers.map((one) =>
      wrapped(`* ${visible(one.label)}: ${counted(one.value, one.unit)} (${textOf(one.detail)})`, '  '),
    ),
    ...section.paragraphs.map(paragraphOf),
    ...section.tables.filter((table) => table.folded !== true).map(tableOf),
    ...section.notes.filter((note) => note.tone !== 'caution').map(noteOf),
  ];
}

function paragraphOf(paragraph: Paragraph): string {
  if ('items' in paragraph) return paragraph.items.map((item) => wrapped(`* ${textOf(item)}`, '  ')).join('\n');
  return wrapped(textOf(paragraph));
}

/** Links are written out behind their words. */
function textOf(text: Text): string {
  return text
    .map((piece) => {
      const words = visible(inlineText(piece));
      return typeof piece === 'object' && 'href' in piece && isLink(piece.href)
        ? `${words} <${new URL(piece.href).href}>`
        : words;
    })
    .join('');
}

const noteOf = (note: Note): string => wrapped(`! ${sentence(visible(note.title))} ${textOf(note.text)}`, '  ');

/** A title that runs into a text ends as a sentence does. */
export const sentence = (title: string): string => (/[.:!?]$/.test(title) ? title : `${title}.`);

function tableOf(table: Table): string {
  const heads = table.columns.map((column) => {
    const { label, unit } = columnHead(column);
    return visible(unit === null ? label : `${label} (${unit})`);
  });
  const shown = table.rows.slice(0, Math.min(MAIL_ROWS, table.shown ?? MAIL_ROWS));
  const rows = shown.map((row) => row.map((value, at) => visible(writtenValue(value, table.columns[at]!))));
  const rest = table.rows.length - shown.length;
  const title = `${visible(table.title)}${rest > 0 ? ` (${counted(rest, 'more row')} in the files)` : ''}`;
  if (rows.length === 0) return `${title}\n  Nothing to show.`;
  const widths = heads.map((head, at) => Math.max(head.length, ...rows.map((row) => row[at]!.length)));
  const line = (cells: readonly string[]): string =>
    `  ${cells.map((cell, at) => (isNumber(table, at) ? cell.padStart(widths[at]!) : cell.padEnd(widths[at]!))).join('  ')}`.trimEnd();
  return [title, line(heads), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}

const isNumber = (table: Table, at: number): boolean => ['count', 'share'].includes(table.columns[at]!.type);

/** Breaks between words; a word that is longer than a line stays whole. */
function wrapped(text: string, indent = ''): string {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/ +/)) {
    if (line !== '' && line.length + 1 + word.length > LINE) {
      lines.push(line);
      line = `${indent}${word}`;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line].join('\n');
}
