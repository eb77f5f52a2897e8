// How old a patch level was on a day.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { patchLevel } from '../../services/fingerprints/patch-level.ts';

test('the age and the latest patch on the day of observation', () => {
  const cases: readonly (readonly [version: string, day: string, age: number | null, latest: string | null])[] = [
    ['v1.30.14', '2025-06-17', 0, '1.30.14'],
    ['v1.30.14', '2025-07-17', 30, '1.30.14'],
    ['v1.30.14-gke.100', '2025-07-17', 30, '1.30.14'],
    ['v1.30.14', '2025-06-16', null, '1.30.13'],
    ['v1.30.99', '2025-06-17', null, '1.30.14'],
    ['v1.30.0', '2024-01-01', null, null],
    ['v1.99.0', '2026-01-01', null, null],
    ['v3.11.0', '2020-01-01', null, null],
    ['no version', '2020-01-01', null, null],
  ];
  for (const [version, day, ageDays, latest] of cases)
    assert.deepEqual(patchLevel(version, `${day}T23:59:00Z`), { ageDays, latest }, `${version} on ${day}`);
});
