// docs/ethics.md promises what the code does: the same table, the same kinds, the same reasons, the same cap.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { it } from 'node:test';
import { IPV6_ALLOWED, MAPPED_ROW, NEVER_PROBE, SNAPSHOT_DATE } from '../../services/candidates/never-probe.ts';
import { OPT_OUT_KINDS } from '../../services/candidates/opt-out.ts';
import { BY_PEOPLE, UNVERIFIED_NAMES } from '../../services/candidates/opt-out-verification.ts';
import { NETWORK_LENGTH } from '../../services/platform/net/address.ts';
import { NETWORK_CAP } from '../../services/surveys/chunk.ts';

const page = readFileSync(new URL('../../docs/ethics.md', import.meta.url), 'utf8');
const rows = page.split('\n').filter((line) => line.startsWith('| '));

it('lists the never-probe table row by row, and no other', () => {
  const written = rows.filter((line) => /^\| [0-9a-f:.]+\/\d+ \|/.test(line));
  const expected = [...NEVER_PROBE, MAPPED_ROW].map(
    (row) => `| ${row.prefix} | ${row.name} | ${row.reason} | ${row.source} |`,
  );
  assert.deepEqual(written, expected);
  assert.ok(page.includes(`as read on ${SNAPSHOT_DATE}`));
  assert.ok(page.includes(`only ${IPV6_ALLOWED} is allowed`));
});

it('names every reason of the policy and every kind of opt-out', () => {
  for (const reason of new Set([
    ...NEVER_PROBE.map((row) => row.reason),
    'not_global_unicast',
    'own_address',
    'opted_out',
    'out_of_scope',
  ])) {
    assert.ok(page.includes(`\`${reason}\``), reason);
  }
  const start = page.indexOf('## Opting out');
  const kinds = rows.filter((line) => page.indexOf(line) > start).map((line) => line.split('|')[1]?.trim());
  assert.deepEqual(
    kinds.filter((kind) => kind !== 'kind'),
    [...OPT_OUT_KINDS],
  );
});

it('states how much holds unverified, and every way to verify more', () => {
  assert.ok(page.includes(`a network up to a /${NETWORK_LENGTH[4]} or /${NETWORK_LENGTH[6]}`));
  assert.ok(page.includes(`at most ${UNVERIFIED_NAMES} known names`));
  for (const how of BY_PEOPLE) assert.ok(page.includes(`\`${how}\``) || page.includes(`--verified-by ${how}`), how);
});

it('states the cap of a network that is not cut', () => {
  assert.ok(page.includes(`more than ${NETWORK_CAP.toLocaleString('en')} targets`));
});
