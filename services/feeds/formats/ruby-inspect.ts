// Ruby's printed form of hashes and arrays ({"a"=>1, "b"=>[nil, true]}), as some old data sets are stored: a strict reader, no evaluation.

/** Deeper nesting is no data set. */
const MAX_DEPTH = 32;

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
/** Ruby prints text in double quotes; only escapes that JSON knows as well are accepted. */
const TEXT = /"(?:[^"\\\n]|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4})*"/y;
const SPACE = /[ \t\r\n]*/y;
const WORDS = [
  ['nil', null],
  ['true', true],
  ['false', false],
] as const;

/** The value that the text stands for, or undefined when it is not exactly one value of this form. Hashes have text keys and no prototype. */
export function parseRubyInspect(text: string): unknown {
  const reader = new Reader(text);
  const value = reader.value(0);
  return value !== undefined && reader.atEnd() ? value : undefined;
}

/** Position within the text. Every method returns undefined for a fault, which the caller passes on. */
class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  value(depth: number): unknown {
    this.#take(SPACE);
    const next = this.#text[this.#at];
    if (depth > MAX_DEPTH) return undefined;
    if (next === '{') return this.#hash(depth);
    if (next === '[') return this.#array(depth);
    if (next === '"') return this.#string();
    for (const [word, value] of WORDS) if (this.#skip(word)) return value;
    const number = this.#take(NUMBER);
    return number === null || number === '' ? undefined : Number(number);
  }

  atEnd(): boolean {
    this.#take(SPACE);
    return this.#at === this.#text.length;
  }

  #hash(depth: number): Record<string, unknown> | undefined {
    const members: Record<string, unknown> = Object.create(null);
    const whole = this.#items('{', '}', () => {
      const key = this.#string();
      if (key === undefined || !this.#skip('=>')) return false;
      const value = this.value(depth + 1);
      members[key] = value;
      return value !== undefined;
    });
    return whole ? members : undefined;
  }

  #array(depth: number): unknown[] | undefined {
    const elements: unknown[] = [];
    const whole = this.#items('[', ']', () => {
      const value = this.value(depth + 1);
      elements.push(value);
      return value !== undefined;
    });
    return whole ? elements : undefined;
  }

  /** Items between brackets with commas; true when all were read and the bracket closed. */
  #items(open: string, close: string, item: () => boolean): boolean {
    this.#skip(open);
    if (this.#skip(close)) return true;
    do {
      if (!item()) return false;
    } while (this.#skip(','));
    return this.#skip(close);
  }

  #string(): string | undefined {
    this.#take(SPACE);
    const text = this.#take(TEXT);
    return text === null ? undefined : (JSON.parse(text) as string);
  }

  #skip(token: string): boolean {
    this.#take(SPACE);
    if (!this.#text.startsWith(token, this.#at)) return false;
    this.#at += token.length;
    return true;
  }

  #take(pattern: RegExp): string | null {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text);
    if (match === null) return null;
    this.#at += match[0].length;
    return match[0];
  }
}
