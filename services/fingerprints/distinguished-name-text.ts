// Distinguished names as other tools print them ("CN = a, O = b", "CN=a,O=b", "/O=b/CN=a"), read back into attributes.

export interface TextAttribute {
  readonly type: string;
  readonly value: string;
}

/** Names of certificates in use have fewer than ten attributes. */
const MAX_ATTRIBUTES = 32;
/** Longer names are cut: no rule looks that far. */
const MAX_LENGTH = 4096;

/**
 * Reads one line of text; attributes in the order written, types in upper case, RFC 4514 escapes of single characters undone.
 * Text without any '=' gives []. Never throws.
 */
export function readNameText(text: string): readonly TextAttribute[] {
  const cut = text.slice(0, MAX_LENGTH).trim();
  const slashes = cut.startsWith('/');
  const attributes: TextAttribute[] = [];
  for (const part of splitParts(slashes ? cut.slice(1) : cut, slashes)) {
    const equals = part.indexOf('=');
    if (equals < 1 || attributes.length >= MAX_ATTRIBUTES) continue;
    const value = part
      .slice(equals + 1)
      .trim()
      .replace(/\\([,+"\\<>;=# /])/g, '$1');
    attributes.push({ type: part.slice(0, equals).trim().toUpperCase(), value });
  }
  return attributes;
}

/** "O=b,CN=a": one spelling for comparisons, whatever the source's spaces and at whichever end it writes the CN. */
export function plainName(text: string): string {
  const attributes = readNameText(text);
  return [...attributes.filter(({ type }) => type !== 'CN'), ...attributes.filter(({ type }) => type === 'CN')]
    .map(({ type, value }) => `${type}=${value}`)
    .join(',');
}

function splitParts(text: string, slashes: boolean): readonly string[] {
  if (!text.includes('\\') && !text.includes('"')) return text.split(slashes ? '/' : /[,\n+]/);
  const parts: string[] = [];
  let start = 0;
  for (let at = 0; at < text.length; at++) {
    const char = text[at];
    if (char === '\\') at++;
    else if (slashes ? char === '/' : char === ',' || char === '+' || char === '\n') {
      parts.push(text.slice(start, at));
      start = at + 1;
    }
  }
  parts.push(text.slice(start));
  return parts;
}
