// The first characters of a stream, for formats whose tools write more than one form.
import type { FeedItem } from '../feed.ts';

/** Enough to see a first bracket or a first row. */
const START_BYTES = 4096;

/** Hands `read` the beginning of the text, without a byte order mark and white space, together with the whole stream. An empty stream yields nothing. */
export async function* readByStart(
  input: AsyncIterable<Uint8Array>,
  read: (start: string, whole: AsyncIterable<Uint8Array>) => AsyncIterable<FeedItem>,
): AsyncGenerator<FeedItem> {
  const chunks = input[Symbol.asyncIterator]();
  try {
    let head: Uint8Array = Buffer.alloc(0);
    while (head.length < START_BYTES) {
      const next = await chunks.next();
      if (next.done === true) break;
      head = Buffer.concat([head, next.value]);
    }
    const start = new TextDecoder().decode(head.subarray(0, START_BYTES)).trimStart();
    if (start !== '') yield* read(start, resumed(head, chunks));
  } finally {
    await chunks.return?.();
  }
}

async function* resumed(head: Uint8Array, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield head;
  for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value;
}
