// A limit for one run: never above the configuration's own, and no setting of a type that is not paid by the run.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withLimit } from '../../services/feeds/limit.ts';

test('the lower of both limits holds, and feeds that cost nothing stay as they are', () => {
  const shodan = { type: 'shodan', query: 'q' };
  assert.deepEqual(withLimit(shodan, 5), { ...shodan, maxCredits: 5 });
  assert.deepEqual(withLimit({ ...shodan, maxCredits: 3 }, 5), { ...shodan, maxCredits: 3 });
  assert.deepEqual(withLimit({ ...shodan, maxCredits: 9 }, 5), { ...shodan, maxCredits: 5 });
  for (const type of ['crtsh', 'toString', 'none']) assert.deepEqual(withLimit({ type }, 5), { type });
});
