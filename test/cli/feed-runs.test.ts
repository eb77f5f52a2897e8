// Runs at the command line: held ones are explained, approved and rejected; a run is explained so that its owner can mend it; one bad file leaves the others alone.
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it, type TestContext } from 'node:test';
import { type Finished, finished, startCommand } from '../support/command.ts';
import { withDatabase } from '../support/database.ts';

async function installation(t: TestContext) {
  const { database, url, onEnd } = await withDatabase(t);
  const home = await mkdtemp(join(tmpdir(), 'kubecensus-runs-'));
  onEnd(() => rm(home, { recursive: true }));
  const environment = { DATABASE_URL: url, KUBECENSUS_DATA_DIR: join(home, 'data') };
  const run = (...args: string[]): Promise<Finished> => finished(startCommand(args, environment));
  const file = async (name: string, text: string): Promise<string> => {
    await writeFile(join(home, name), text);
    return join(home, name);
  };
  return { database, run, file };
}

const addresses = (count: number): string =>
  Array.from({ length: count }, (_, i) => `8.0.${i >> 8}.${i & 255}:6443\n`).join('');

it('holds a delivery that jumps: exit 3, what to type, and nothing exported or surveyed before it is approved', async (t) => {
  const { run, file } = await installation(t);
  const [small, large] = [await file('small.txt', addresses(100)), await file('large.txt', addresses(1000))];
  assert.equal((await run('import', small, '--feed', 'mine')).code, 0);
  const held = await run('import', large, '--feed', 'mine');
  const [row] = held.rows;
  const id = String(row?.['run']);
  assert.deepEqual([held.code, row?.['state'], row?.['held'], row?.['accepted']], [3, 'held', 1000, 0], held.stderr);
  assert.match(String(row?.['hold']), /^feed_jump: 1,000 rows after 100 in run \d+/);
  const typed = new RegExp(`kubecensus feeds approve ${id} or kubecensus feeds reject ${id}`);
  assert.match(held.stderr, typed);
  const exported = async (): Promise<number> => (await run('export', 'candidates', '--format', 'ndjson')).rows.length;
  assert.equal(await exported(), 100);

  const [listed, shown] = [await run('feeds'), await run('feeds', 'show', id, '--format', 'table')];
  assert.match(listed.stderr, typed);
  assert.equal(listed.rows[0]?.['state'], 'held');
  assert.equal(shown.code, 0, shown.stderr);
  assert.match(
    shown.stdout,
    new RegExp(`hold +feed_jump: [\\s\\S]*what to do\n[\\s\\S]*kubecensus feeds approve ${id}`),
  );

  assert.match(shown.stdout, /rows that are held, the first 5\n 8\.0\.0\.0:6443\n/);

  const approved = await run('feeds', 'approve', id);
  assert.deepEqual(
    [approved.code, approved.rows[0]?.['state'], approved.rows[0]?.['accepted'], approved.rows[0]?.['held']],
    [0, 'complete', 900, 0],
    approved.stderr,
  );
  assert.equal(await exported(), 1000);
  const again = await run('feeds', 'approve', id);
  assert.equal(again.code, 2);
  assert.match(again.stderr, /^KC_FEED_NOT_HELD: Run \d+ of the feed mine is complete/m);

  const low = await run('import', small, '--feed', 'mine');
  const rejected = await run('feeds', 'reject', String(low.rows[0]?.['run']));
  assert.deepEqual([low.code, rejected.code, rejected.rows[0]?.['state']], [3, 0, 'rejected'], rejected.stderr);
  assert.equal((await run('feeds')).stderr, '');
});

it('takes files of any size under the name of their format, and still compares a file with itself', async (t) => {
  const { run, file } = await installation(t);
  const [large, small] = [await file('a.txt', addresses(1000)), await file('b.txt', addresses(20))];
  const taken = await run('import', large, small);
  assert.deepEqual(
    taken.rows.map((row) => [row['feed'], row['query'], row['state'], row['accepted'], row['duplicate']]),
    [
      ['list', 'a.txt', 'complete', 1000, 0],
      ['list', 'b.txt', 'complete', 0, 20],
    ],
    taken.stderr,
  );
  assert.equal(taken.code, 0);
  await file('a.txt', addresses(50));
  const shrunk = await run('import', large);
  assert.deepEqual([shrunk.code, shrunk.rows[0]?.['state']], [3, 'held'], shrunk.stderr);
});

it('keeps what was known when a file is empty', async (t) => {
  const { run, file } = await installation(t);
  await run('import', await file('full.txt', addresses(200)), '--feed', 'mine', '--format', 'list');
  const empty = await run('import', await file('empty.txt', ''), '--feed', 'mine', '--format', 'list');
  assert.deepEqual([empty.code, empty.rows[0]?.['partialReason']], [3, 'feed_empty'], empty.stderr);
  assert.equal((await run('export', 'candidates', '--format', 'ndjson')).rows.length, 200);
  const shown = await run('feeds', 'show', String(empty.rows[0]?.['run']));
  assert.match(String(shown.rows[0]?.['todo']), /what it said before stays/);
});

it('explains a run: refused rows by reason with their places, skipped ones, its place, and what to do', async (t) => {
  const { run, file, database } = await installation(t);
  const bad = Array.from({ length: 8 }, (_, i) => `999.0.0.${i}\n`).join('');
  const path = await file('mixed.txt', `${addresses(3)}${bad}10.0.0.1\n*.example.org\n`);
  const imported = await run('import', path, '--feed', 'mine');
  const id = String(imported.rows[0]?.['run']);
  await database.db
    .updateTable('feed_run')
    .set({
      skipped: JSON.stringify({ wildcard: 7 }),
      claimed_total: 20,
      cost: 3,
      state: 'partial',
      partial_reason: 'page_cap',
    })
    .where('id', '=', Number(id))
    .execute();
  const [row] = (await run('feeds', 'show', id)).rows;
  assert.deepEqual(row?.['rejectedBy'], { bad_address: 8, special_purpose: 1, wildcard_name: 1 });
  const refused = row?.['refused'] as string[];
  assert.equal(refused.filter((text) => text.startsWith('bad_address, ')).length, 5);
  assert.ok(refused.includes('bad_address, line 4: 999.0.0.0'), refused.join('\n'));
  assert.ok(refused.includes('special_purpose, line 12: 10.0.0.1'));
  assert.deepEqual([row?.['skipped'], row?.['claimedTotal'], row?.['cost']], [{ wildcard: 7 }, 20, 3]);
  assert.equal(row?.['nextFrom'], 'the beginning');
  const todo = row?.['todo'] as string[];
  assert.match(todo[0] ?? '', /maxPages/);
  assert.ok(todo.some((text) => text.startsWith('wildcard_name: ')));
  const page = await run('feeds', 'show', id, '--format', 'table');
  assert.match(page.stdout, /^ skipped +wildcard 7 *$/m);
  assert.match(
    page.stdout,
    /what to do\n[\s\S]*rejected rows, at most 5 of each reason\n[\s\S]*bad_address +8 +line 4 +999\.0\.0\.0/,
  );
});

it('goes on with the other files when one fails, and tells every error', async (t) => {
  const { run, file } = await installation(t);
  const page = await file('login.html', '<!DOCTYPE html><html><title>Log in</title></html>\n');
  const [one, two] = [await file('one.txt', '8.8.8.8:6443\n'), await file('two.txt', '8.8.4.4:6443\n')];
  const { code, rows, stderr } = await run('import', page, one, '/nowhere/at.txt', two, '--feed', 'mine');
  assert.equal(code, 1, stderr);
  assert.deepEqual(
    rows.map((row) => [row['query'], row['state']]),
    [
      ['one.txt', 'complete'],
      ['two.txt', 'complete'],
    ],
  );
  assert.match(stderr, /login\.html: KC_FEED_NOT_DATA: .+\n.+/);
  assert.match(stderr, /at\.txt: KC_FEED_FILE: .+\n.+/);
  assert.match(
    stderr,
    /2 of 4 files could not be imported: .*login\.html \(KC_FEED_NOT_DATA\), .*at\.txt \(KC_FEED_FILE\)/,
  );
  const wrong = await run('import', one, two, '--format', 'frobnicate');
  assert.deepEqual([wrong.code, wrong.stderr.match(/KC_FEED_FORMAT/g)?.length], [2, 1]);
  const empty = await run('import', one, await file('empty.txt', ''), '--format', 'list', '--feed', 'mine');
  assert.equal(empty.code, 3, empty.stderr);
});
