// A survey's endpoints in columns of numbers, from which every kept set of counts is made in one walk over them: nothing is sorted or looked up twice.

/** What one endpoint adds to the counts. */
export interface TableRow {
  /** The kind that kindOf() gave for its values and feeds. */
  readonly kind: number;
  readonly host: string;
  readonly network: string;
  readonly certificate: number | null;
}

/** One cell of one set of columns. */
export interface TableCell {
  readonly values: readonly string[];
  readonly endpoints: number;
  readonly hosts: number;
  readonly certificates: number;
  readonly networks: number;
}

/** The column that may hold several values. */
const FEED = 'feed';
/** Lists of numbers begin with this length and grow by this factor. */
const FIRST_LENGTH = 1024;
const GROWTH = 1.5;

/**
 * Takes endpoints ordered by host, the hosts of a network next to each other; then counts by any columns. Endpoints with the same values and feeds
 * are of one kind, and a kind's cells are found once for each set. Distinct hosts and networks of a cell are those that differ from the last one
 * seen in it, because equal ones are neighbours; certificates are walked again in their own order. 1,500,000 endpoints take some 40 MB, and each kind
 * some 100 bytes more.
 */
export class SurveyTable {
  readonly #columns: readonly string[];
  readonly #words: Words[];
  readonly #feedWords = new Words();
  /** The codes of each kind's values, and those of its feeds. */
  readonly #kinds: { readonly codes: Uint32Array; readonly feeds: readonly number[] }[] = [];
  readonly #kind = new Codes();
  readonly #host = new Codes();
  readonly #network = new Codes();
  readonly #certificate = new Codes((length) => new Float64Array(length));
  #last: { host: string; network: string } | null = null;
  #hosts = 0;
  #networks = 0;
  #byCertificate: Uint32Array | null = null;

  /** `columns` names all columns but the feeds, in the order of the values of a kind. */
  constructor(columns: readonly string[]) {
    this.#columns = columns;
    this.#words = columns.map(() => new Words());
  }

  /**
   * A number for endpoints with these values, one per column ('' where not observed), that were named by these feeds: they count in each where counts
   * go by feed, and under '' where there is none. Whoever asks once for equal ones saves time; asking again is no mistake.
   */
  kindOf(values: readonly string[], feeds: readonly string[]): number {
    return (
      this.#kinds.push({
        codes: Uint32Array.from(this.#words, (words, at) => words.codeOf(values[at] ?? '')),
        feeds: (feeds.length === 0 ? [''] : feeds).map((feed) => this.#feedWords.codeOf(feed)),
      }) - 1
    );
  }

  add({ kind, host, network, certificate }: TableRow): void {
    if (this.#last?.host !== host) this.#hosts++;
    if (this.#last?.network !== network) this.#networks++;
    this.#last = { host, network };
    this.#kind.push(kind);
    this.#host.push(this.#hosts);
    this.#network.push(this.#networks);
    this.#certificate.push(certificate === null ? 0 : certificate);
  }

  /** Every cell that has an endpoint, by these columns. */
  cells(by: readonly string[]): TableCell[] {
    const { keys, begins, cells } = this.#cellsOfKinds(by);
    const [kinds, certificate] = [this.#kind.all, this.#certificate.all];
    const endpoints = new Uint32Array(keys.length);
    const hosts = new Distinct(keys.length, this.#host.all);
    const networks = new Distinct(keys.length, this.#network.all);
    for (let row = 0; row < this.#kind.length; row++) {
      const kind = kinds[row] as number;
      for (let at = begins[kind] as number; at < (begins[kind + 1] as number); at++) {
        const cell = cells[at] as number;
        endpoints[cell] = (endpoints[cell] as number) + 1;
        hosts.see(cell, row);
        networks.see(cell, row);
      }
    }
    const certificates = new Distinct(keys.length, certificate);
    for (const row of this.#inOrderOfCertificates()) {
      const kind = kinds[row] as number;
      for (let at = begins[kind] as number; at < (begins[kind + 1] as number); at++)
        certificates.see(cells[at] as number, row);
    }
    return keys
      .map((codes, cell) => ({
        values: codes.map((code, at) => this.#wordsOf(by[at] as string).textOf(code)),
        endpoints: endpoints[cell] as number,
        hosts: hosts.counts[cell] as number,
        certificates: certificates.counts[cell] as number,
        networks: networks.counts[cell] as number,
      }))
      .filter((cell) => cell.endpoints > 0);
  }

  /** The cells of every kind: those of kind k are `cells[begins[k]]` to `cells[begins[k + 1] - 1]`, numbers of `keys`, which are codes by column. */
  #cellsOfKinds(by: readonly string[]): { keys: number[][]; begins: Uint32Array; cells: Uint32Array } {
    const columns = by.map((column) => (column === FEED ? null : this.#at(column)));
    const byFeed = columns.includes(null);
    const lengths = by.map((column) => this.#wordsOf(column).count);
    const numbers = new Map<number, number>();
    const keys: number[][] = [];
    const begins = new Uint32Array(this.#kinds.length + 1);
    const cells: number[] = [];
    for (const [kind, { codes, feeds }] of this.#kinds.entries()) {
      for (const feed of byFeed ? feeds : NO_FEED) {
        const key = columns.map((column) => (column === null ? feed : (codes[column] as number)));
        const number = keyNumber(key, lengths);
        const known = numbers.get(number);
        if (known === undefined) numbers.set(number, keys.push(key) - 1);
        cells.push(known ?? keys.length - 1);
      }
      begins[kind + 1] = cells.length;
    }
    return { keys, begins, cells: Uint32Array.from(cells) };
  }

  #wordsOf(column: string): Words {
    return column === FEED ? this.#feedWords : (this.#words[this.#at(column)] as Words);
  }

  #at(column: string): number {
    const at = this.#columns.indexOf(column);
    if (at < 0) throw new RangeError(`${column} is no column of the table`);
    return at;
  }

  #inOrderOfCertificates(): Uint32Array {
    if (this.#byCertificate !== null) return this.#byCertificate;
    const certificate = this.#certificate.all;
    const rows = Uint32Array.from({ length: this.#certificate.length }, (_, row) => row).filter(
      (row) => certificate[row] !== 0,
    );
    this.#byCertificate = rows.sort((a, b) => (certificate[a] as number) - (certificate[b] as number));
    return this.#byCertificate;
  }
}

/** One round where counts do not go by feed. */
const NO_FEED = [-1] as const;

/** The codes of a key as one number: columns have far fewer than 2^26 values, and a set has two columns. */
function keyNumber(key: readonly number[], lengths: readonly number[]): number {
  let number = 0;
  for (let at = 0; at < key.length; at++) number = number * (lengths[at] as number) + (key[at] as number);
  if (!Number.isSafeInteger(number)) throw new RangeError(`Cells by ${lengths.length} columns cannot be numbered.`);
  return number;
}

/** Counts the different values that each cell sees, equal ones one after the other. */
class Distinct {
  readonly counts: Uint32Array;
  readonly #last: Float64Array;
  readonly #values: Numbers;

  constructor(cells: number, values: Numbers) {
    this.counts = new Uint32Array(cells);
    this.#last = new Float64Array(cells).fill(-1);
    this.#values = values;
  }

  see(cell: number, row: number): void {
    const value = this.#values[row] as number;
    if (this.#last[cell] === value) return;
    this.#last[cell] = value;
    this.counts[cell] = (this.counts[cell] as number) + 1;
  }
}

/** Texts by number, in the order in which they came. */
class Words {
  readonly #codes = new Map<string, number>();
  readonly #texts: string[] = [];

  codeOf(text: string): number {
    const known = this.#codes.get(text);
    if (known !== undefined) return known;
    this.#codes.set(text, this.#texts.length);
    return this.#texts.push(text) - 1;
  }

  textOf(code: number): string {
    return this.#texts[code] as string;
  }

  get count(): number {
    return this.#texts.length;
  }
}

type Numbers = Uint32Array | Float64Array;

/** A list of numbers that grows; of 32 bits, or of the 53 that a key of the database may need. */
class Codes {
  readonly #make: (length: number) => Numbers;
  #values: Numbers;
  length = 0;

  constructor(make: (length: number) => Numbers = (length) => new Uint32Array(length)) {
    this.#make = make;
    this.#values = make(FIRST_LENGTH);
  }

  push(value: number): void {
    if (this.length === this.#values.length) {
      const larger = this.#make(Math.ceil(this.length * GROWTH));
      larger.set(this.#values);
      this.#values = larger;
    }
    this.#values[this.length++] = value;
  }

  get all(): Numbers {
    return this.#values;
  }
}
