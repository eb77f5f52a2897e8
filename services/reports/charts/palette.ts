// The colours of reports: each role once for light and once for dark paper, told apart by lightness as well as by hue.
import type { Role } from '../chart.ts';

export type Ink = Role | 'ink' | 'muted' | 'rule' | 'paper';

/**
 * Blue, amber, teal and vermilion keep apart for red-green and blue-yellow blindness; roles that meet in one picture also differ in
 * lightness, so that they survive a black-and-white printer. Contrast with the paper is at least 3:1 for marks and 4.5:1 for text.
 */
export const PALETTE: Readonly<Record<Ink, { readonly light: string; readonly dark: string }>> = {
  ink: { light: '#18222d', dark: '#e8e6e1' },
  muted: { light: '#56616c', dark: '#a3abb3' },
  rule: { light: '#d5d8d6', dark: '#3a434c' },
  paper: { light: '#fcfbf8', dark: '#14191e' },
  'certificate-name': { light: '#3f7fb5', dark: '#5fa3dc' },
  'version-endpoint': { light: '#c77f12', dark: '#e6a73c' },
  both: { light: '#173a5e', dark: '#bfd9f0' },
  supported: { light: '#17807a', dark: '#45b5ac' },
  maintenance: { light: '#c79a1e', dark: '#dfbb52' },
  'end-of-life': { light: '#b4472a', dark: '#e2795a' },
  unknown: { light: '#878f96', dark: '#87919a' },
  withheld: { light: '#878f96', dark: '#87919a' },
  plain: { light: '#2f5d8a', dark: '#7db2e3' },
  'series-1': { light: '#173a5e', dark: '#9cc4ea' },
  'series-2': { light: '#c77f12', dark: '#e6a73c' },
  'series-3': { light: '#73559b', dark: '#a98bcb' },
  'series-4': { light: '#6d9fcb', dark: '#5d8fbd' },
  'series-5': { light: '#a8456b', dark: '#e08aa8' },
  'series-6': { light: '#79822f', dark: '#b3bc63' },
};

const INKS = Object.keys(PALETTE) as Ink[];

/** The value for a fill or stroke of this ink; drawing.ts turns it into a class with a plain fallback. */
export function paint(ink: Ink): string {
  return `var(--kc-${ink})`;
}

/** Custom properties for one kind of paper: "--kc-ink:#18222d;…". */
export function paletteVariables(paper: 'light' | 'dark'): string {
  return INKS.map((ink) => `--kc-${ink}:${PALETTE[ink][paper]};`).join('');
}

/** The rules by which classed marks follow the variables. Used in the page's style sheet and inside every standalone picture. */
export const CHART_RULES = `.kc{color:var(--kc-ink)}${INKS.map(
  (ink) => `.kc .f-${ink}{fill:var(--kc-${ink})}.kc .s-${ink}{stroke:var(--kc-${ink})}`,
).join('')}`;
