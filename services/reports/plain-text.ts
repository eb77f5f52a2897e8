// Text from the certificate world made harmless to readers: what cannot be seen, or turns the text around, is written out.

/** C0 and C1 controls, soft hyphen, zero-width and bidirectional controls, line separators, tags, lone surrogates. */
const INVISIBLE =
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff]|\p{Cs}|[\u{e0000}-\u{e007f}]/gu;

/** Invisible characters become their code point, ⟨U+202E⟩; everything else stays. Not for CSV and JSON, which keep text as it was. */
export function visible(text: string): string {
  return text.replaceAll(
    INVISIBLE,
    (char) => `⟨U+${char.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}⟩`,
  );
}
