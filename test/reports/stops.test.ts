// What stopped itself in a survey stands in its report on quality and in the manifest, and without counts of few where cells are withheld.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { HeadlineData, SurveyFacts } from '../../services/reports/headline-data.ts';
import { manifestOf } from '../../services/reports/manifest.ts';
import { qualityReport } from '../../services/reports/quality-report.ts';
import { subtitleOf } from '../../services/reports/subtitle.ts';
import { contentsOf } from '../../services/reports/write.ts';
import { sampleData } from './sample-data.ts';

const STOPS: Partial<SurveyFacts> = {
  flags: ['scope_blocked_us', 'mass_loss', 'chunk_quarantined', 'headline_jump'],
  leftAlone: { scopes: 3, endpoints: 1234 },
  givenUp: 777,
  jump: { before: 's-before', indicator: 'versionEndpoint', from: 5111, to: 9222 },
};
const plain = sampleData({ endpoints: 200, weight: 1, seed: 7 });
const whole: HeadlineData = { ...plain, feedRuns: [] };
const withStops = (data: HeadlineData): HeadlineData => ({ ...data, survey: { ...data.survey, ...STOPS } });

/** The report as Markdown. */
function textOf(data: HeadlineData): string {
  const [, text] = [...contentsOf(qualityReport(data), ['markdown'])].find(([name]) => name.endsWith('.md')) ?? [];
  return text ?? assert.fail('no Markdown');
}

describe('a report on quality', () => {
  it('says what stopped itself, with its counts', () => {
    const text = textOf(withStops(whole));
    for (const said of [
      /left alone for its rest: 3 networks, with 1,234 endpoints that were not asked/,
      /paused itself/,
      /Given up, because their chunk .*: 777 targets/,
      /A headline jumped since survey s-before: disclosed versions, from 5,111 endpoints to 9,222 endpoints/,
    ])
      assert.match(text, said);
    assert.doesNotMatch(textOf(whole), /left alone|paused itself|Given up|jumped/);
  });

  it('says it without counts of few where cells are withheld', () => {
    const text = textOf({ ...withStops(whole), isWithheld: () => false });
    assert.match(text, /left alone for its rest\./);
    assert.match(text, /A headline jumped since survey s-before: disclosed versions\./);
    assert.doesNotMatch(text, /1,234|5,111/);
  });
});

describe('a survey of which a part was given up', () => {
  it('is partial, in its manifest and wherever it is named', () => {
    const partial = (data: HeadlineData): unknown => (manifestOf(data)['survey'] as { partial: boolean }).partial;
    assert.deepEqual([partial(whole), partial(withStops(whole))], [false, true]);
    assert.match(subtitleOf(withStops(whole)), /\(partial\)/);
  });

  it('has its stops in the manifest', () => {
    const { flags, leftAlone, givenUp, jump } = manifestOf(withStops(whole))['survey'] as Record<string, unknown>;
    assert.deepEqual(flags, STOPS.flags);
    assert.deepEqual(leftAlone, { scopes: 3, endpoints: 1234, unit: 'scopes and endpoints' });
    assert.deepEqual(givenUp, { value: 777, unit: 'targets' });
    assert.deepEqual(jump, { ...STOPS.jump, unit: 'endpoints' });
  });
});
