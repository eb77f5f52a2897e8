// Bytes as Python prints them inside quotes ("07\x82\x15sni…"): how Shodan keeps the values of certificate extensions.

const ESCAPE = /\\(?:x([0-9a-fA-F]{2})|([\\'"nrt])|$)|\\/g;
const CONTROLS: Readonly<Record<string, number>> = { n: 0x0a, r: 0x0d, t: 0x09 };

/** The bytes that the text stands for, or null when it holds an escape or a character that bytes' repr never prints. */
export function readPythonBytes(text: string): Uint8Array | null {
  const bytes: number[] = [];
  let start = 0;
  const plain = (end: number): boolean => {
    for (let i = start; i < end; i++) {
      const code = text.charCodeAt(i);
      if (code > 0xff) return false;
      bytes.push(code);
    }
    return true;
  };
  for (const match of text.matchAll(ESCAPE)) {
    const [whole, hex, letter] = match;
    if ((hex ?? letter) === undefined || !plain(match.index)) return null;
    bytes.push(
      hex === undefined ? (CONTROLS[letter as string] ?? (letter as string).charCodeAt(0)) : Number.parseInt(hex, 16),
    );
    start = match.index + whole.length;
  }
  return plain(text.length) ? Uint8Array.from(bytes) : null;
}
