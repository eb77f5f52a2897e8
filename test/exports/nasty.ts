// Texts that strangers write, for tests of every format.

/** Text that breaks naive writers: quotes, newlines, separators, backslashes, formulas, what a COPY escapes. */
export const NASTY = [
  'plain',
  '',
  'a,b',
  'say "hi"',
  'two\nlines',
  'two\r\nlines',
  'lone\rreturn',
  '\\N',
  '\\.',
  '\\n',
  'tab\there',
  '=1+1',
  '-1',
  '+x',
  '@x',
  '\tx',
  "it's",
  'ünï 😀',
  '\u2028',
  '\u0001\u0002',
];
