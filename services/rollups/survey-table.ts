// A survey's endpoints in columns of numbers, from which every kept set of counts is made in one walk over them: nothing is sorted or looked up twice.

/** What one endpoint adds to the counts. */
export interface TableRow {
  /** One per column of the table; '' where not observed. */
  readonly values: readonly string[];
  /** The feeds that named it; it counts in each where counts go by feed, and under '' where there is none. */
  readonly feeds: readonly string[];
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
 * Takes endpoints ordered by host, the hosts of a network next to each other; then counts by any columns. Distinct hosts and networks of a cell
 * are those that differ from the last one seen in it, because equal ones are neighbours; certificates are walked again in their own order. 1,500,000
 * endpoints take some 120 MB.
 */
export class SurveyTable {
  readonly #columns: readonly string[];
  readonly #words: Words[];
  readonly #codes: Codes[];
  readonly #feedLists = new Words();
  readonly #feedWords = new Words();
  /** Codes of the feeds of every list that occurs. */
  readonly #feedsOf: number[][] = [];
  readonly #feedList = new Codes();
  readonly #host = new Codes();
  readonly #network = new Codes();
  readonly #certificate = new Codes((length) => new Float64Array(length));
  #last: { host: string; network: string } | null = null;
  #hosts = 0;
  #networks = 0;
  #byCertificate: Uint32Array | null = null;

  /** `columns` names all columns but the feeds, in the order of the rows' values. */
  constructor(columns: readonly string[]) {
    this.#columns = columns;
    this.#words = columns.map(() => new Words());
    this.#codes = columns.map(() => new Codes());
  }

  add({ values, feeds, host, network, certificate }: TableRow): void {
    for (const [at, codes] of this.#codes.entries()) codes.push((this.#words[at] as Words).codeOf(values[at] ?? ''));
    const list = this.#feedLists.codeOf(JSON.stringify(feeds));
    this.#feedsOf[list] ??= (feeds.length === 0 ? [''] : feeds).map((feed) => this.#feedWords.codeOf(feed));
    this.#feedList.push(list);
    if (this.#last?.host !== host) this.#hosts++;
    if (this.#last?.network !== network) this.#networks++;
    this.#last = { host, network };
    this.#host.push(this.#hosts);
    this.#network.push(this.#networks);
    this.#certificate.push(certificate === null ? 0 : certificate);
  }

  /** Every cell that has an endpoint, by these columns. */
  cells(by: readonly string[]): TableCell[] {
    const groups = new Groups(this.#lengths(by));
    const group = this.#grouper(by, groups);
    const rows = this.#host.length;
    const [host, network, certificate] = [this.#host.all, this.#network.all, this.#certificate.all];
    for (let row = 0; row < rows; row++)
      group(row, (cell) => {
        cell.endpoints++;
        if (cell.lastHost !== host[row]) cell.hosts++;
        if (cell.lastNetwork !== network[row]) cell.networks++;
        cell.lastHost = host[row] as number;
        cell.lastNetwork = network[row] as number;
      });
    for (const row of this.#inOrderOfCertificates())
      group(row, (cell) => {
        if (cell.lastCertificate !== certificate[row]) cell.certificates++;
        cell.lastCertificate = certificate[row] as number;
      });
    return groups.all.map(({ codes, endpoints, hosts, certificates, networks }) => ({
      values: codes.map((code, at) => this.#wordsOf(by[at] as string).textOf(code)),
      endpoints,
      hosts,
      certificates,
      networks,
    }));
  }

  #wordsOf(column: string): Words {
    return column === FEED ? this.#feedWords : (this.#words[this.#at(column)] as Words);
  }

  #at(column: string): number {
    const at = this.#columns.indexOf(column);
    if (at < 0) throw new RangeError(`${column} is no column of the table`);
    return at;
  }

  #lengths(by: readonly string[]): number[] {
    return by.map((column) => this.#wordsOf(column).count);
  }

  /** Calls back with the cell of a row, or with each of its cells where it has several feeds. */
  #grouper(by: readonly string[], groups: Groups): (row: number, see: (cell: Group) => void) => void {
    const columns = by.map((column) => (column === FEED ? null : (this.#codes[this.#at(column)] as Codes).all));
    const feedAt = columns.indexOf(null);
    const codes = by.map(() => 0);
    const fill = (row: number): void => {
      for (let at = 0; at < columns.length; at++) {
        const column = columns[at];
        if (column != null) codes[at] = column[row] as number;
      }
    };
    if (feedAt < 0)
      return (row, see) => {
        fill(row);
        see(groups.of(codes));
      };
    const lists = this.#feedList.all;
    return (row, see) => {
      fill(row);
      for (const feed of this.#feedsOf[lists[row] as number] as number[]) {
        codes[feedAt] = feed;
        see(groups.of(codes));
      }
    };
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

interface Group {
  readonly codes: readonly number[];
  endpoints: number;
  hosts: number;
  certificates: number;
  networks: number;
  lastHost: number;
  lastNetwork: number;
  lastCertificate: number;
}

/** Cells by the codes of their values, as one number: columns have far fewer than 2^26 values, and a set has two columns. */
class Groups {
  readonly #lengths: readonly number[];
  readonly #byKey = new Map<number, Group>();

  constructor(lengths: readonly number[]) {
    this.#lengths = lengths;
    const keys = lengths.reduce((product, length) => product * length, 1);
    if (!Number.isSafeInteger(keys)) throw new RangeError(`${keys} cells cannot be numbered`);
  }

  of(codes: readonly number[]): Group {
    let key = 0;
    for (let at = 0; at < codes.length; at++) key = key * (this.#lengths[at] as number) + (codes[at] as number);
    const known = this.#byKey.get(key);
    if (known !== undefined) return known;
    const made = { codes: [...codes], endpoints: 0, hosts: 0, certificates: 0, networks: 0 };
    const group = { ...made, lastHost: -1, lastNetwork: -1, lastCertificate: -1 };
    this.#byKey.set(key, group);
    return group;
  }

  get all(): Group[] {
    return [...this.#byKey.values()];
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
