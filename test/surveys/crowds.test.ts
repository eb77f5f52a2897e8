// Targets that crowd: what an address with all its ports open, and a network in which everybody is named, become in a plan.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  boundCrowds,
  DENSE_ADDRESSES,
  FLAG_DENSE,
  FLAG_MANY_PORTS,
  OTHER_PORTS,
} from '../../services/surveys/crowds.ts';
import type { SurveyTarget } from '../../services/surveys/survey.ts';

const target = (address: string | null, port: number, flags: readonly string[] = []): SurveyTarget => ({
  candidateId: 1,
  host: address ?? 'gone.example.org',
  address,
  port,
  serverName: null,
  feeds: ['f'],
  flags,
  outcome: address === null ? 'dns_nxdomain' : null,
  evidenceFeed: null,
});

test('F40: 65,535 ports of one address become those of the component table and eight more, flagged; the rest is counted', () => {
  const all = Array.from({ length: 65_535 }, (_, i) => target('8.0.0.1', 65_535 - i));
  const { kept, left } = boundCrowds([...all, target('8.0.0.2', 50_000)]);
  const ports = kept.filter(({ address }) => address === '8.0.0.1').map(({ port }) => port);
  assert.equal(kept.length + left.length, 65_536);
  for (const port of [443, 6443, 10250, 2379]) assert.ok(ports.includes(port), `${port} is dialled`);
  assert.equal(ports.filter((port) => port <= OTHER_PORTS).length, OTHER_PORTS, 'the lowest of the others stay');
  assert.ok(ports.length < 40, `${ports.length} ports`);
  assert.ok(kept.every(({ address, flags }) => flags.includes(FLAG_MANY_PORTS) === (address === '8.0.0.1')));
  assert.deepEqual(new Set(left.map(({ address }) => address)), new Set(['8.0.0.1']));
});

test('F40: eight ports of an address are no crowd', () => {
  const some = Array.from({ length: OTHER_PORTS }, (_, i) => target('8.0.0.1', 20_000 + i));
  assert.deepEqual(boundCrowds([...some, target('8.0.0.1', 6443)]), {
    kept: [...some, target('8.0.0.1', 6443)],
    left: [],
  });
});

test('F43: a /24 of 256 identical entries is taken whole and flagged, its neighbour is not', () => {
  const dense = Array.from({ length: 256 }, (_, i) => target(`8.0.1.${i}`, 6443, ['many_names']));
  const sparse = Array.from({ length: DENSE_ADDRESSES - 1 }, (_, i) => target(`8.0.2.${i}`, 6443));
  const { kept, left } = boundCrowds([...dense, ...sparse, target(null, 6443)]);
  assert.deepEqual([kept.length, left.length], [256 + DENSE_ADDRESSES, 0]);
  for (const { address, flags } of kept)
    assert.deepEqual(flags, address?.startsWith('8.0.1.') === true ? [FLAG_DENSE, 'many_names'] : []);
});
