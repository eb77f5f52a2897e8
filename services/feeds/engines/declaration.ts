// What has to be said about a search engine so that the shared core can ask it, page through it and read its hits.
import type { EngineManners } from '../engine-answer.ts';
import type { Sighting } from '../feed.ts';
import type { FormatOptions } from '../formats/format.ts';

/** What all engines have in common with their feeds of counts. */
export interface Engine {
  /** The feed type: the word in the configuration, and the feed's default name. */
  readonly type: string;
  readonly title: string;
  readonly baseUrl: string;
  /** The environment variable that holds the key, unless the configuration names another. */
  readonly keyEnv: string;
  /** What language queries are written in. */
  readonly language: string;
  readonly terms: string;
  readonly cost: string;
  readonly upstreams: readonly string[];
  /** Milliseconds between two requests that the engine wants, or that others who use it keep. */
  readonly spacingMs: number;
  readonly manners?: EngineManners;
  /** What of this declaration was never held against the live service: shown in docs/feeds.md. */
  readonly unverified: string;
}

/** A request as an engine wants it; the base address and the common headers are added. */
export interface Ask {
  readonly path: string;
  /** Parameters of the URL. A key may stand here when the engine takes it nowhere else. */
  readonly search?: Readonly<Record<string, string | number>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** Makes the request a POST of this JSON. */
  readonly json?: unknown;
}

/** The components that have a query of their own in every engine. */
export const COMPONENTS = ['kube-apiserver', 'kubelet', 'etcd'] as const;
export type Component = (typeof COMPONENTS)[number];

export interface Paging {
  /** page: numbers from `first`; offset: rows to pass over; cursor: a token that the reply gives. */
  readonly by: 'page' | 'offset' | 'cursor';
  /** Of the first page; 0 for offsets. */
  readonly first: number;
  /** Rows of a full page. */
  readonly size: number;
  /** The engine gives out no row beyond this many, whatever the total says; null: no such limit is known. */
  readonly maxRows: number | null;
  /** empty: pages are asked for until one is empty, whatever the total says. Default: until the total is reached. */
  readonly until?: 'empty';
  /** Offsets advance by the rows that came, or by whole pages where the engine takes only multiples of them. */
  readonly advance?: 'rows' | 'pages';
}

/** What is asked for: the query, and the place of the page (a page number, an offset, a token; empty: the first page of a cursor). */
export interface Wanted {
  readonly query: string;
  readonly place: string;
  readonly key: string;
  /** For engines that want to be told a stretch of time. */
  readonly now: Date;
}

/** What a reply holds. */
export interface Reply {
  readonly hits: readonly unknown[];
  readonly total: number | null;
  /** The token of the next page, of engines that page by cursor; null after the last. */
  readonly cursor?: string | null;
  readonly credits?: number;
}

/** Sightings of one hit, or the reason why there are none. */
export type HitRow = readonly Sighting[] | string;

export interface SearchEngine extends Engine {
  /** The default query of each component, as a user of the engine's own page would type it. */
  readonly queries: Readonly<Record<Component, string>>;
  readonly paging: Paging;
  /** The most that one page costs. */
  readonly creditsPerPage: number;
  ask(wanted: Wanted): Ask;
  /** Null when the reply has another form. */
  read(reply: unknown): Reply | null;
  row(hit: unknown, at: string, options: FormatOptions): HitRow;
  /** A call that says how many rows a query has and costs nothing. */
  readonly count?: {
    ask(wanted: Omit<Wanted, 'place'>): Ask;
    read(reply: unknown): number | null;
    /** The search itself states no total, so that every run asks here first. */
    readonly onlyTotal?: true;
  };
}

/** A call that gives counts by value and no rows. */
export interface CountsEngine extends Engine {
  readonly query: string;
  /** The field that is counted, unless the configuration names another. */
  readonly field: string;
  readonly fieldMeans: string;
  /** What is counted, in the engine's word. */
  readonly unit: string;
  readonly credits: number;
  ask(wanted: { query: string; field: string; buckets: number; key: string }): Ask;
  /** Null when the reply has another form. `total` null: the engine states none, and the sum of the buckets is all that is known. */
  read(reply: unknown, field: string): Counts | null;
}

export interface Counts {
  readonly total: number | null;
  readonly buckets: readonly { readonly key: string; readonly count: number }[];
}
