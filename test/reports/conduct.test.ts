// What a report says of a survey's conduct is what its manifest says; of a survey that recorded nothing it says nothing.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createOptOuts } from '../../services/candidates/opt-out.ts';
import { createPolicy } from '../../services/candidates/policy.ts';
import { parseScope } from '../../services/candidates/scope.ts';
import type { HeadlineData } from '../../services/reports/headline-data.ts';
import { markdownOf } from '../../services/reports/markdown.ts';
import { qualityReport } from '../../services/reports/quality-report.ts';
import { sampleData, sampleSurvey } from './sample-data.ts';

const DATA = sampleData({ endpoints: 200, weight: 1, seed: 3, tallies: [] });
const written = (manifest: HeadlineData['survey']['manifest']): string =>
  markdownOf(qualityReport({ ...DATA, survey: sampleSurvey({ manifest }) })).replaceAll(/[\u00a0\u2009\u202f]/g, ' ');

test('how much opted out is said, and who did not', () => {
  const optOuts = createOptOuts([
    { kind: 'prefix', value: '8.0.0.0/9' },
    { kind: 'prefix', value: '2600::/32' },
    { kind: 'dns-suffix', value: 'example.org' },
  ]);
  const policy = createPolicy({ own: [], optOuts, scope: parseScope(['0.0.0.0/0']), loopbackLab: false });
  const text = written({ policy: policy.describe() });
  assert.match(text, /Opt-outs in force when it was drawn: 3 opt-outs/);
  assert.match(
    text,
    /8,388,608 IPv4 addresses, 0\.2 % of those that may be probed, and 65,536 IPv6 \/48 networks, &lt; 0\.1 % of all of them/,
  );
  for (const secret of ['8.0.0.0', '2600::', 'example.org']) assert.ok(!text.includes(secret), secret);
  assert.doesNotMatch(written({ policy: { snapshot: 'of an earlier release' } }), /Opt-outs in force/);
});

test('a survey that nobody could look up says so, and why', () => {
  const found = (status: string) => ({ status, found: 'x', todo: null });
  const of = (withoutProbingFile: string | null, reverse: string) => ({
    attribution: { checkedAt: 'x', withoutProbingFile, probingFile: found('ok'), reverseNames: found(reverse) },
  });
  assert.match(
    written(of(null, 'ok')),
    /A probe description file \(RFC 9511\) said who asks, and the addresses that it came from have names/,
  );
  assert.match(written(of(null, 'fail')), /said who asks, and that the addresses it came from .* could not be shown/);
  const without = written(of('the page is being moved', 'warn'));
  assert.match(
    without,
    /No probe description file \(RFC 9511\) said who asks\..*for this reason: the page is being moved\./,
  );
  assert.doesNotMatch(written({ attribution: null }), /RFC 9511/);
});
