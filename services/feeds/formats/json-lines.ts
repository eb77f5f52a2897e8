// Files of one JSON value per line: one bad line costs that line and no other.
import type { FeedItem, Rejection } from '../feed.ts';
import { parseJson } from '../json.ts';
import { excerptOf, JSON_LINE_BYTES, readLines } from '../lines.ts';

/** What a row became: items, or the reason why it is none. */
export type Row = readonly FeedItem[] | string;

/** Reads rows and hands each parsed value to `row` with its place ("line 12"). A returned string rejects the row under that reason. */
export async function* readJsonLines(
  input: AsyncIterable<Uint8Array>,
  row: (value: unknown, at: string) => Row,
): AsyncGenerator<FeedItem> {
  for await (const batch of readLines(input, JSON_LINE_BYTES)) {
    for (const line of batch) {
      if (line.type === 'rejection') {
        yield line;
        continue;
      }
      if (isBlank(line.text)) continue;
      const at = `line ${line.number}`;
      const value = parseJson(line.text);
      const items = value === undefined ? 'bad_json' : row(value, at);
      if (typeof items !== 'string') yield* items;
      else yield { type: 'rejection', reason: items, at, excerpt: excerptOf(line.text) } satisfies Rejection;
    }
  }
}

/** Nothing but white space. */
export function isBlank(text: string): boolean {
  return !/\S/.test(text);
}
