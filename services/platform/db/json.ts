// JSON that Postgres can store.

/** An escape of JSON text: those of NUL and of lone surrogates are told from all others, an escaped backslash among them. */
const ESCAPE = /\\(?:u0000|ud[89a-f][0-9a-f]{2}|.)/g;
const UNSTORABLE = /\\u(?:0000|d[89a-f])/;

/** jsonb and text hold neither NUL nor lone surrogates; hostile hosts send both. They become U+FFFD, in values and in names of members. */
export function storableJson(value: unknown): string {
  // JSON.stringify escapes exactly these two and controls, so that most texts need no second look.
  const text = JSON.stringify(value);
  return UNSTORABLE.test(text) ? text.replace(ESCAPE, (found) => (found.length > 2 ? '\ufffd' : found)) : text;
}

/** The same for plain text. */
export function storableText(text: string): string {
  return text.replaceAll('\u0000', '\ufffd').toWellFormed();
}
