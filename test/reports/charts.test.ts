// Pictures: the same bytes every time, well-formed whatever the labels say, nothing cut, nothing but our colours.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { countryPlacesText } from '../../scripts/country-places.ts';
import type { Chart } from '../../services/reports/chart.ts';
import { SMALL_LETTER } from '../../services/reports/charts/drawing.ts';
import { textWidth, wrapped } from '../../services/reports/charts/letters.ts';
import { PALETTE } from '../../services/reports/charts/palette.ts';
import { timeAxis } from '../../services/reports/charts/time-axis.ts';
import { inlineSvg, NARROW, standaloneSvg, WIDE } from '../../services/reports/charts.ts';
import { countriesReport } from '../../services/reports/countries-report.ts';
import { headline } from '../../services/reports/headline.ts';
import { type Figure, figuresOf } from '../../services/reports/section.ts';
import { HOSTILE, hostileData } from './hostile-data.ts';
import { emptyData, sampleData, sampleTallies } from './sample-data.ts';

const SAMPLE = sampleData({ endpoints: 800, weight: 811, seed: 2, tallies: sampleTallies(12) });
const FIGURES = [...figuresOf(headline(SAMPLE)), ...figuresOf(countriesReport(SAMPLE))];

const PLACES = new URL('../../services/reports/charts/country-places.ts', import.meta.url);

function figure(chart: Chart, title = 'A picture'): Figure {
  return { id: 'picture', title, description: 'What it shows', chart, table: 'none' };
}

/** Throws unless every tag is closed in its turn, every attribute quoted, and no bare < or & is left: XML as far as pictures use it. */
function assertWellFormed(svg: string): void {
  const open: string[] = [];
  const text = svg.replaceAll(
    /<(\/?)([a-zA-Z]+)((?:\s+[a-zA-Z:-]+=(?:"[^"<]*"|'[^'<]*'))*)\s*(\/?)>/g,
    (_tag: string, closing: string, name: string, _attributes: string, self: string) => {
      if (closing === '/') assert.equal(open.pop(), name, `</${name}> closes what is open`);
      else if (self !== '/') open.push(name);
      return '';
    },
  );
  assert.deepEqual(open, []);
  assert.doesNotMatch(text, /</);
  assert.doesNotMatch(svg, /&(?!amp;|lt;|gt;|quot;|#\d+;)/);
  assert.doesNotMatch(svg, /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Cs}/u);
}

test('every kind of chart is drawn, titled, described and well-formed', () => {
  assert.deepEqual(
    new Set(FIGURES.map((one) => one.chart.kind)),
    new Set(['bars', 'overlap', 'stacked', 'timeline', 'shares', 'panels', 'map']),
  );
  for (const one of FIGURES) {
    for (const svg of [standaloneSvg(one), inlineSvg(one, WIDE), inlineSvg(one, NARROW)]) {
      assertWellFormed(svg);
      assert.match(svg, /<title>[^<]+<\/title><desc>[^<]+<\/desc>/);
      assert.match(svg, /role="img"/);
      assert.doesNotMatch(svg, /NaN|Infinity|undefined|null|\[object/);
    }
  }
});

test('the same figure gives the same bytes, whatever was drawn before it', () => {
  const first = FIGURES.map(standaloneSvg);
  const again = [...FIGURES].reverse().map(standaloneSvg).reverse();
  assert.deepEqual(again, first);
  for (const svg of [...first, ...FIGURES.map((one) => inlineSvg(one, WIDE))])
    assert.doesNotMatch(svg, / id="/, 'no ids: two pictures in one page cannot meet');
});

test('pictures load nothing', () => {
  for (const one of FIGURES)
    assert.doesNotMatch(
      standaloneSvg(one).replace('xmlns="http://www.w3.org/2000/svg"', ''),
      /https?:|url\(|href|<image|<script|@import/,
    );
});

test('every colour is a class with a plain fallback, so that light and dark and programs without style sheets all work', () => {
  for (const one of FIGURES) {
    const body = inlineSvg(one, WIDE);
    assert.doesNotMatch(body, /var\(|style=|<style/, 'a page has one style sheet, which its policy names');
    for (const [tag, colour = ''] of body.matchAll(/<[a-z]+ [^>]*?(?:fill|stroke)="(#[0-9a-f]{6})"[^>]*>/g)) {
      assert.ok(
        Object.values(PALETTE).some((ink) => ink.light === colour),
        colour,
      );
      assert.match(tag, /class="[^"]*\b[fs]-/);
    }
  }
});

test('nothing and one row look like pictures too', () => {
  for (const one of figuresOf(headline(emptyData()))) {
    assertWellFormed(standaloneSvg(one));
    if (one.chart.kind !== 'timeline') assert.match(standaloneSvg(one), /Nothing was counted\./, one.id);
  }
  const single = figuresOf(headline(sampleData({ endpoints: 1, weight: 1, seed: 2, tallies: sampleTallies(1) })));
  for (const one of single)
    for (const svg of [inlineSvg(one, WIDE), inlineSvg(one, NARROW)]) assert.doesNotMatch(svg, /NaN|Infinity/, one.id);
});

test('hostile labels are text, in files and in pages', () => {
  for (const one of figuresOf(headline(hostileData()))) {
    for (const svg of [standaloneSvg(one), inlineSvg(one, NARROW)]) {
      assertWellFormed(svg);
      assert.doesNotMatch(svg, /<script|<img|\u202e/);
    }
  }
  const titled = standaloneSvg(figure({ kind: 'bars', unit: 'endpoints', total: null, bars: [] }, HOSTILE.join('')));
  assertWellFormed(titled);
  assert.match(titled, /⟨U\+202E⟩/);
});

test('bars are as long as their values, and every letter of a label is drawn', () => {
  const label =
    'A label of a network that is very long, longer than any column of labels could ever be, and ends in full (AS4200000000)';
  const bars = [
    { label, value: 100, role: 'plain' },
    { label: 'short', value: 25, role: 'plain' },
    { label: 'none', value: 0, role: 'plain' },
  ] as const;
  for (const width of [WIDE, NARROW] as const) {
    const svg = inlineSvg(figure({ kind: 'bars', unit: 'endpoints', total: 125, bars }), width);
    const widths = [...svg.matchAll(/<rect [^>]*?width="([\d.]+)"/g)].map((match) => Number(match[1]));
    assert.ok(Math.abs(widths[1]! / widths[0]! - 0.25) < 0.01, `${widths[1]} is a quarter of ${widths[0]}`);
    assert.equal(widths[2], 0);
    const drawn = [...svg.matchAll(/<text [^>]*>([^<]*)<\/text>/g)].map((match) => match[1]).join(' ');
    for (const word of label.split(' ')) assert.ok(drawn.includes(word), word);
    assert.match(drawn, /80\.0/);
  }
});

test('the overlap keeps its proportions', () => {
  const svg = inlineSvg(
    figure({
      kind: 'overlap',
      unit: 'endpoints',
      left: { label: 'Certificate names', only: 300, role: 'certificate-name' },
      right: { label: 'Version', only: 100, role: 'version-endpoint' },
      both: 600,
    }),
    WIDE,
  );
  const rects = [...svg.matchAll(/<rect [^>]*>/g)].map((match) => match[0]);
  const widths = rects.map((rect) => Number(/ width="([\d.]+)"/.exec(rect)?.[1]));
  for (const expected of [0.3, 0.6, 0.1])
    assert.ok(
      widths.some((width) => Math.abs(width - expected * WIDE) < 1),
      `a part of ${expected}`,
    );
});

test('wrapping keeps every character and every line within its width', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 80 }), fc.integer({ min: 20, max: 400 }), (text, width) => {
      const lines = wrapped(text, width, 13);
      const squeezed = (value: string): string => value.replaceAll(/\s/g, '');
      assert.equal(squeezed(lines.join('')), squeezed(text));
      for (const line of lines) assert.ok(textWidth(line, 13) <= width || [...line].length === 1, line);
    }),
  );
  assert.deepEqual(wrapped('1,626,249 hosts', 80, 13), ['1,626,249', 'hosts'], 'a number is not broken at its commas');
});

test('the map has a circle for each country that it knows, in proportion by area, and says what it cannot place', () => {
  const places = [
    { code: 'US', label: 'United States', value: 400 },
    { code: 'DE', label: 'Germany', value: 100 },
    { code: 'SG', label: 'Singapore', value: 100 },
    { code: 'ZZ', label: 'nowhere', value: 7 },
  ];
  const svg = inlineSvg(figure({ kind: 'map', unit: 'endpoints', places, elsewhere: 3 }), WIDE);
  const radii = [...svg.matchAll(/<circle [^>]*?r="([\d.]+)"/g)].map((match) => Number(match[1]));
  assert.equal(radii.length, 3);
  assert.ok(Math.abs(radii[1]! / radii[0]! - 0.5) < 0.01, 'a quarter of the endpoints is a quarter of the area');
  assert.match(svg, /<title>Germany: 100 endpoints<\/title>/);
  assert.match(svg, /Not on the map: 10 endpoints\./);
  const [, us = '', de = ''] = [...svg.matchAll(/<circle [^>]*?cx="([\d.]+)"/g)].map((match) => match[1]);
  assert.notEqual(us, de);
});

test('the map says how much is in countries that are not published', () => {
  const places = [{ code: 'US', label: 'United States', value: 400 }];
  const drawn = (elsewhere: number, withheld?: number) =>
    inlineSvg(
      figure({ kind: 'map', unit: 'endpoints', places, elsewhere, ...(withheld === undefined ? {} : { withheld }) }),
      WIDE,
    );
  assert.match(drawn(3, 40), /Not on the map: 3 endpoints, 40 in countries that are withheld\./);
  assert.match(drawn(0, 40), /Not on the map: 40 endpoints in countries that are withheld\./);
  assert.doesNotMatch(drawn(0), /Not on the map/);
});

test('what is withheld is an outline of dashes as long as its count, in bars, in stacks and in the key', () => {
  const bars = inlineSvg(
    figure({
      kind: 'bars',
      unit: 'endpoints',
      total: 100,
      bars: [
        { label: 'shown', value: 75, role: 'plain' },
        { label: 'withheld', value: 25, role: 'withheld' },
      ],
    }),
    WIDE,
  );
  const widths = (svg: string): number[] =>
    [...svg.matchAll(/<rect [^>]*?width="([\d.]+)"/g)].map((match) => Number(match[1]));
  assert.match(bars, /stroke-dasharray="3 2"/);
  const [shown = 0, withheld = 0] = widths(bars).filter((width) => width > 2);
  assert.ok(Math.abs(withheld / shown - 1 / 3) < 0.02, `${withheld} beside ${shown}`);
  const stacked = (last: number) =>
    inlineSvg(
      figure({
        kind: 'stacked',
        unit: 'endpoints',
        keys: [
          { label: 'a', role: 'series-1' },
          { label: 'withheld', role: 'withheld' },
        ],
        rows: [
          { label: '1.30', band: 'all', values: [10, last] },
          { label: '1.29', band: 'all', values: [4, 0], isLeast: true },
        ],
        bands: [{ id: 'all', label: 'all', role: 'plain' }],
      }),
      WIDE,
    );
  const dashed = (svg: string): number => svg.match(/stroke-dasharray/g)?.length ?? 0;
  assert.deepEqual([dashed(stacked(0)), dashed(stacked(10))], [1, 2], 'in the key, and where there is something');
  assert.match(stacked(10), />20</);
  assert.match(stacked(10), />4 or more</);
});

test('a time axis has marks however short the time is: days below three months, then months and years', () => {
  const marks = (...dates: string[]): string[] => timeAxis(dates, 0, 600).ticks.map((tick) => tick.text);
  assert.deepEqual(marks('2026-11-02', '2026-11-24'), ['2026-11-02', '2026-11-09', '2026-11-16', '2026-11-23']);
  assert.deepEqual(marks('2026-11-02', '2026-11-05'), ['2026-11-02', '2026-11-03', '2026-11-04', '2026-11-05']);
  assert.deepEqual(marks('2026-01-15', '2026-07-15'), [
    '2026-02',
    '2026-03',
    '2026-04',
    '2026-05',
    '2026-06',
    '2026-07',
  ]);
  assert.deepEqual(marks('2021-06-01', '2026-07-15').slice(0, 2), ['2022', '2023']);
  assert.ok(marks('2026-11-02').length > 0, 'one day alone');
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 4000 }), fc.integer({ min: 120, max: 900 }), (days, width) => {
      const last = new Date(Date.UTC(2020, 0, 31) + days * 86_400_000).toISOString().slice(0, 10);
      const { ticks } = timeAxis(['2020-01-31', last], 0, width);
      for (const [at, tick] of ticks.entries())
        if (at > 0) assert.ok(tick.x - ticks[at - 1]!.x >= textWidth(tick.text, SMALL_LETTER), `${last} in ${width}`);
    }),
  );
});

test('places of countries are those that the outlines give', () => {
  assert.equal(readFileSync(PLACES, 'utf8'), countryPlacesText());
});
