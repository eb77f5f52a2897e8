// A survey whose every free text was chosen by somebody who wants to run, hide or turn something in a reader's program.
import type { HeadlineData } from '../../services/reports/headline-data.ts';
import { sampleData, sampleRun, sampleSurvey, sampleTallies } from './sample-data.ts';

export const HOSTILE = [
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  "=cmd|'/C calc'!A0",
  '@SUM(1+1)',
  '\t=1+1',
  '\u202egnp.exe\u202c',
  'two\nlines\r\nthree',
  'nul\u0000byte \u001b[31m',
  '![x](javascript:alert(1)) **bold** `code` | cell',
  '</title></desc><script>alert(2)</script>',
  '&lt;b&gt; &amp; ]]>',
  '\ud800 lone',
] as const;

/** The hostile texts as one, for fields of which there is only one. */
const ALL = HOSTILE.join(' ');

export function hostileData(): HeadlineData {
  const base = sampleData({ endpoints: 600, weight: 1, seed: 5, tallies: sampleTallies(3) });
  const rename = (value: string | null | undefined, at: number): string | null =>
    value === null || value === undefined ? null : HOSTILE[at % HOSTILE.length]!;
  return {
    ...base,
    codeVersion: ALL,
    survey: sampleSurvey({
      id: ALL,
      seed: ALL,
      vantage: ALL,
      feeds: HOSTILE,
      scope: HOSTILE,
      excludedBy: Object.fromEntries(HOSTILE.map((text, at) => [text, at + 1])),
    }),
    rollups: base.rollups.map((rollup) => ({
      ...rollup,
      cells: rollup.cells.map((cell, at) => ({
        count: cell.count,
        values: Object.fromEntries(
          Object.entries(cell.values).map(([dim, value]) => [
            dim,
            ['version', 'distribution', 'country', 'feed', 'outcome', 'authentication', 'minor'].includes(dim)
              ? rename(value, at)
              : value,
          ]),
        ),
      })),
    })),
    feedRuns: HOSTILE.map((text) =>
      sampleRun({
        feed: text,
        query: text,
        upstreams: [text],
        state: 'partial',
        partialReason: text,
        rejectedBy: { [text]: 10 },
      }),
    ),
    tallies: base.tallies.map((tally) => ({
      ...tally,
      feed: ALL,
      query: ALL,
      field: ALL,
      unit: ALL,
      byDistribution: Object.fromEntries(HOSTILE.map((text) => [text, 7])),
      byMinor: Object.fromEntries(HOSTILE.map((text) => [text, 7])),
    })),
    networkNames: Object.fromEntries(
      Object.keys(base.networkNames).map((asn, at) => [asn, HOSTILE[at % HOSTILE.length]!]),
    ),
    geo: HOSTILE.map((text) => ({
      gives: 'country',
      name: text,
      version: text,
      licence: text,
      attribution: text,
      caveat: text,
    })),
  };
}
