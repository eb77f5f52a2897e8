// JSON that Postgres can store.

/** jsonb and text hold neither NUL nor lone surrogates; hostile hosts send both. They become U+FFFD, in values and in nothing else. */
export function storableJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) => (typeof inner === 'string' ? storableText(inner) : inner));
}

/** The same for plain text. */
export function storableText(text: string): string {
  return text.replaceAll('\u0000', '\ufffd').toWellFormed();
}
