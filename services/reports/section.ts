// What a report is, before any format: sections of typed text, numbers with units, charts and tables. HTML, Markdown, JSON and the dashboard render it.
import type { Where } from '../rollups/count-request.ts';
import type { Dimension } from '../rollups/rollup.ts';
import type { Chart } from './chart.ts';

/** A piece of running text. Never markup: every renderer escapes it. Numbers come with their unit, so that none can lose it. */
export type Inline =
  | string
  | { readonly strong: string }
  | { readonly code: string }
  /** `href` must be an https address; renderers print anything else as text. */
  | { readonly text: string; readonly href: string }
  /** A whole number of things; `unit` is the singular ("endpoint", "IPv4 address"): renderers write "1,204 endpoints". */
  | { readonly count: number; readonly unit: string }
  /** A proportion from 0 to 1 and what it is a share of, plural ("endpoints that answered"): "43.1 % of endpoints that answered". */
  | { readonly share: number; readonly of: string };

export type Text = readonly Inline[];

/** A paragraph, or a list of short points. */
export type Paragraph = Text | { readonly items: readonly Text[] };

/** One number worth large type. */
export interface HeadlineNumber {
  readonly label: string;
  readonly value: number;
  /** Singular. */
  readonly unit: string;
  readonly detail: Text;
  /** The colour role that the same thing has in the charts. */
  readonly role: 'certificate-name' | 'version-endpoint' | 'both' | 'plain';
}

/**
 * What to ask the statistics for what a cell says. A column of counts: for the same number, in the column's unit; one of words: for the counts
 * behind its value, by another dimension.
 */
export interface Asks {
  readonly by?: Dimension;
  /** Conditions that hold for the whole column. */
  readonly where?: Where;
  /** Conditions of the row: a dimension, and the key of the column that holds its value. */
  readonly of: Readonly<Partial<Record<Dimension, string>>>;
}

export type Column = { readonly asks?: Asks } & ColumnForm;

type ColumnForm =
  | { readonly key: string; readonly label: string; readonly type: 'text' | 'code' | 'time' }
  /** Whole numbers of `unit` (singular). `signed`: a difference, written with its sign. */
  | {
      readonly key: string;
      readonly label: string;
      readonly type: 'count';
      readonly unit: string;
      readonly signed?: true;
    }
  /** 0 to 1; `unit` says of what, plural. Written as a percentage in text, as the plain number in CSV and JSON. */
  | { readonly key: string; readonly label: string; readonly type: 'share'; readonly unit: string };

/** null: not known or not applicable; renderers print an en dash, CSV an empty field. */
export type Value = string | number | null;

export interface Table {
  /** Unique in the report; also the name of its CSV file, data/<id>.csv. Lower-case words joined by hyphens. */
  readonly id: string;
  readonly title: string;
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly Value[])[];
  /** How many rows a page shows; the CSV and the JSON always hold all. Absent: all. */
  readonly shown?: number;
  /** Details for those who ask: pages show the title, and the rows when it is opened; Markdown leaves them to the CSV. */
  readonly folded?: true;
}

export interface Figure {
  /** Unique in the report; also the name of its picture, figures/<id>.svg. */
  readonly id: string;
  readonly title: string;
  /** What the picture shows in one or two sentences, for those who do not see it. */
  readonly description: string;
  readonly chart: Chart;
  /** The table with the numbers behind the picture; it stands in the same section. */
  readonly table: string;
}

/** Cautions are read first: renderers put them above everything else of their section, other notes below. */
export interface Note {
  readonly tone: 'note' | 'caution' | 'advice';
  readonly title: string;
  readonly text: Text;
}

export interface Section {
  readonly id: string;
  readonly title: string;
  readonly paragraphs: readonly Paragraph[];
  readonly numbers: readonly HeadlineNumber[];
  readonly figures: readonly Figure[];
  readonly tables: readonly Table[];
  readonly notes: readonly Note[];
}

/** A section of only the parts that it has. */
export function section(id: string, title: string, parts: Partial<Omit<Section, 'id' | 'title'>>): Section {
  return { id, title, paragraphs: [], numbers: [], figures: [], tables: [], notes: [], ...parts };
}

export interface Report {
  /** The name in the list of reports, e.g. headline. */
  readonly name: string;
  readonly title: string;
  readonly subtitle: string;
  /** RFC 3339, UTC. */
  readonly generatedAt: string;
  readonly sections: readonly Section[];
}

/** Every table of a report in reading order. */
export function tablesOf(report: Report): Table[] {
  return report.sections.flatMap((one) => one.tables);
}

/** Every figure of a report in reading order. */
export function figuresOf(report: Report): Figure[] {
  return report.sections.flatMap((one) => one.figures);
}
