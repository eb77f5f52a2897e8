// How wide text is and where it wraps, without a font at hand: estimates on the wide side, so that no label is ever cut.

/** Widths in em of the widest common sans-serif system font (DejaVu Sans), by kind of character. */
const NARROW = /[iljtfrI.,:;'|!()[\] ]/u;
const WIDE = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Extended_Pictographic}]/u;
const BROAD = /[A-HJ-Z@%mw&#=+<>⟨⟩]/u;

/** Bold letters are so much wider: pass the size times this. */
export const BOLD = 1.14;

/** Estimated width in pixels of one line at `size` pixels. */
export function textWidth(text: string, size: number): number {
  let em = 0;
  for (const letter of text)
    em += WIDE.test(letter) ? 1.05 : NARROW.test(letter) ? 0.38 : BROAD.test(letter) ? 0.8 : 0.62;
  return em * size;
}

/** Breaks text into lines of at most `width` pixels: at spaces, else after punctuation, else anywhere. Never drops a character but the space at a break. */
export function wrapped(text: string, width: number, size: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const piece of text.split(/(?<=[\s/;_-])|(?<=,)(?!\d)/u)) {
    if (line !== '' && textWidth(line + piece.trimEnd(), size) > width) {
      lines.push(line.trimEnd());
      line = '';
    }
    line += piece;
    while (textWidth(line.trimEnd(), size) > width) {
      const fitting = fittingPrefix(line, width, size);
      lines.push(fitting);
      line = line.slice(fitting.length);
    }
  }
  if (line.trimEnd() !== '' || lines.length === 0) lines.push(line.trimEnd());
  return lines;
}

/** At least one character, so that wrapping ends at any width. */
function fittingPrefix(text: string, width: number, size: number): string {
  let prefix = '';
  for (const letter of text) {
    if (prefix !== '' && textWidth(prefix + letter, size) > width) break;
    prefix += letter;
  }
  return prefix;
}
