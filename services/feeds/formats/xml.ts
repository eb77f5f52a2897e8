// XML of scanners as a stream of tags and texts: no DTD, no external entity, nothing that grows with the file.
import { KubecensusError } from '../../platform/errors.ts';

export type XmlEvent =
  | { readonly type: 'open'; readonly name: string; readonly attributes: ReadonlyMap<string, string> }
  | { readonly type: 'close'; readonly name: string }
  | { readonly type: 'text'; readonly text: string };

/** One tag or text. Outputs of scripts stand in attributes and reach a few hundred kilobytes. */
const TOKEN_CHARACTERS = 2 * 1024 * 1024;
/** nmap nests a dozen levels. */
const DEPTH = 64;

/**
 * Events in order, one batch per chunk. Comments, processing instructions and a plain DOCTYPE are passed over; the five predefined entities and
 * character references are read, others stay as they are written.
 * Throws KC_FEED_NOT_DATA for what is not well-formed, for a DTD with declarations of its own (it may hold entity bombs), and beyond the limits.
 * An input that ends early ends the events early: the caller knows its root element.
 */
export async function* readXml(input: AsyncIterable<Uint8Array>): AsyncGenerator<readonly XmlEvent[]> {
  const reader = new XmlReader();
  const decoder = new TextDecoder('utf-8');
  for await (const chunk of input) yield reader.push(decoder.decode(chunk, { stream: true }));
}

/** Constructs that are passed over, by their beginning and end. */
const SKIPPED = [
  ['<!--', '-->'],
  ['<?', '?>'],
] as const;
const CDATA = '<![CDATA[';

class XmlReader {
  #rest = '';
  readonly #open: string[] = [];

  push(chunk: string): XmlEvent[] {
    const text = this.#rest + chunk;
    const events: XmlEvent[] = [];
    let at = 0;
    for (let end = this.#token(text, at, events); end > at; end = this.#token(text, at, events)) at = end;
    this.#rest = text.slice(at);
    if (this.#rest.length > TOKEN_CHARACTERS) throw notXml('a tag or text without end');
    return events;
  }

  /** Reads what begins at `at` and returns where it ends; `at` itself when more input is needed. */
  #token(text: string, at: number, events: XmlEvent[]): number {
    if (at >= text.length) return at;
    if (text[at] !== '<') {
      const end = text.indexOf('<', at);
      if (end === -1) return at;
      events.push({ type: 'text', text: decodeEntities(text.slice(at, end)) });
      return end;
    }
    for (const [begin, finish] of SKIPPED) {
      if (!text.startsWith(begin, at)) continue;
      const end = text.indexOf(finish, at + begin.length);
      return end === -1 ? at : end + finish.length;
    }
    if (text.startsWith('<!', at)) return this.#declaration(text, at, events);
    const end = tagEnd(text, at);
    if (end === -1) return at;
    this.#tag(text.slice(at + 1, end), events);
    return end + 1;
  }

  #declaration(text: string, at: number, events: XmlEvent[]): number {
    if (text.startsWith(CDATA, at)) {
      const end = text.indexOf(']]>', at);
      if (end === -1) return at;
      events.push({ type: 'text', text: text.slice(at + CDATA.length, end) });
      return end + 3;
    }
    // The beginning of a comment or CDATA may have been cut by the chunk.
    if (text.length - at < CDATA.length) return at;
    const end = text.indexOf('>', at);
    if (text.slice(at, end === -1 ? text.length : end).includes('['))
      throw notXml('a document type with declarations of its own, which are not read');
    return end === -1 ? at : end + 1;
  }

  #tag(tag: string, events: XmlEvent[]): void {
    if (tag.startsWith('/')) {
      const name = tag.slice(1).trim();
      if (this.#open.pop() !== name) throw notXml(`</${name.slice(0, 40)}> where another element is open`);
      events.push({ type: 'close', name });
      return;
    }
    const empty = tag.endsWith('/');
    const name = /^[A-Za-z_][\w.:-]*/.exec(tag)?.[0];
    if (name === undefined) throw notXml(`<${tag.slice(0, 40)}`);
    events.push({ type: 'open', name, attributes: attributesOf(tag.slice(name.length)) });
    if (empty) events.push({ type: 'close', name });
    else if (this.#open.push(name) > DEPTH) throw notXml(`elements nested deeper than ${DEPTH}`);
  }
}

/** The '>' that ends the tag at `at`: one inside a quoted value does not. */
function tagEnd(text: string, at: number): number {
  let quote = '';
  for (let i = at + 1; i < text.length; i++) {
    const char = text[i] as string;
    if (quote !== '') {
      // Values are long and plain: the engine finds their end faster than this loop.
      const end = text.indexOf(quote, i);
      if (end === -1) return -1;
      i = end;
      quote = '';
    } else if (char === '"' || char === "'") quote = char;
    else if (char === '>') return i;
  }
  return -1;
}

function attributesOf(text: string): ReadonlyMap<string, string> {
  const attributes = new Map<string, string>();
  for (const [, name, double, single] of text.matchAll(/([A-Za-z_][\w.:-]*)\s*=\s*(?:"([^"]*)"|'([^']*)')/g))
    attributes.set(name as string, decodeEntities(double ?? single ?? ''));
  return attributes;
}

const NAMED: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

function decodeEntities(text: string): string {
  if (!text.includes('&')) return text;
  return text.replace(/&(?:#x([0-9a-fA-F]{1,6})|#(\d{1,7})|(lt|gt|amp|quot|apos));/g, (whole, hex, decimal, name) => {
    if (name !== undefined) return NAMED[name] as string;
    const point = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
    return point > 0 && point <= 0x10ffff ? String.fromCodePoint(point) : whole;
  });
}

function notXml(what: string): KubecensusError {
  return new KubecensusError('KC_FEED_NOT_DATA', `The file is no XML of a scanner: it has ${what}.`);
}
