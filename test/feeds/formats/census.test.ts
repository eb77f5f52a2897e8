// All days of the 2022-2024 census, in both forms, against a second reading; and what is no day.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { StatedCount } from '../../../services/feeds/feed.ts';
import { createFileFeed } from '../../../services/feeds/file.feed.ts';
import { CENSUS } from '../../../services/feeds/formats/census.ts';
import { parseRubyInspect } from '../../../services/feeds/formats/ruby-inspect.ts';
import { collect, NOW, parse } from './items.ts';

const FOLDER = '../shared/data/census-2022-2024';
const FILES = readdirSync(FOLDER).sort();
const sum = (count: StatedCount) => count.buckets.reduce((total, bucket) => total + bucket.count, 0);

async function importDay(file: string): Promise<{ count: StatedCount | null; notes: unknown[]; decision: string }> {
  const feed = await createFileFeed({
    path: `${FOLDER}/${file}`,
    name: 'census',
    format: 'auto',
    observedAt: null,
    expandCidr: false,
    clock: () => NOW,
  });
  const items = await collect(feed.pull(null, new AbortController().signal));
  const counts = items.filter((item) => item.type === 'count');
  assert.ok(counts.length <= 1 && feed.kind === 'counts');
  return { count: counts[0] ?? null, notes: items.filter((item) => item.type === 'note'), decision: feed.decision };
}

test('all 36 files are recognised; their sums are the files’ own; the empty day is empty in both forms', async () => {
  assert.equal(FILES.length, 36);
  const days = new Map<string, StatedCount[]>();
  for (const file of FILES) {
    const { count, notes, decision } = await importDay(file);
    assert.match(decision, /read as census/);
    const text = readFileSync(`${FOLDER}/${file}`, 'utf8');
    // The second reading is deliberately crude: the numbers after "count"=> or after the last comma.
    const numbers = file.endsWith('.csv') ? text.matchAll(/,(\d+)$/gm) : text.matchAll(/"count"=>(\d+)/g);
    const expected = [...numbers].map((match) => Number(match[1]));
    if (file.startsWith('2022-09-23')) {
      assert.deepEqual([count, notes, expected], [null, [{ type: 'note', partial: 'feed_empty' }], []]);
      continue;
    }
    assert.ok(count !== null, file);
    assert.deepEqual([sum(count), count.buckets.length], [expected.reduce((a, b) => a + b, 0), expected.length], file);
    assert.deepEqual([count.observedAt, count.unit], [`${file.slice(0, 10)}T00:00:00.000Z`, 'hosts'], file);
    assert.equal(count.field, 'services.kubernetes.version_info.git_version');
    days.set(count.observedAt, [...(days.get(count.observedAt) ?? []), count]);
  }
  assert.equal(days.size, 17);
  for (const [text, csv] of days.values()) {
    const byKey = (count: StatedCount | undefined) =>
      [...(count?.buckets ?? [])].sort((a, b) => (a.key < b.key ? -1 : 1));
    assert.deepEqual(byKey(text), byKey(csv));
    assert.deepEqual([text?.query, text?.field], [csv?.query, csv?.field]);
  }
});

test('the text form keeps what the source states; the table states no total, so it is the sum', async () => {
  const { count: text } = await importDay('2024-01-10-k8s-version-info.json');
  assert.deepEqual([text?.total, text?.omitted, text?.deviation], [2_591_389, 2247, 0]);
  assert.deepEqual(text?.buckets[0], { key: 'v1.26.6-gke.1700', count: 129_745 });
  const { count: csv } = await importDay('2024-01-10-k8s-versions.csv');
  assert.deepEqual([csv?.total, csv?.omitted, csv?.deviation], [1_685_074, null, null]);
});

test('F07: a cut file, or one with a bad row or an open quote, is refused as a whole: a part of a count is a wrong count', async () => {
  const text = readFileSync(`${FOLDER}/2022-08-20-k8s-version-info.json`, 'utf8');
  const day = { fileName: '2022-08-20-k8s.json' };
  for (const bad of [
    text.slice(0, 5000),
    `${text}x`,
    text.replace('"count"=>28800', '"count"=>-1'),
    text.replace('"total"=>', '"sum"=>'),
  ]) {
    await assert.rejects(parse(CENSUS, bad, day), { code: 'KC_FEED_NOT_DATA' });
  }
  for (const bad of [
    'gke,v1.2.3,5\ngke,v1.2.4\n',
    'gke,"v1.2.3,5\ngke,v1.2.4,6\n',
    'gke,v1.2.3,1e3\n',
    `gke,v1.2.3,5\n${'x'.repeat(2_000_000)}\n`,
  ]) {
    await assert.rejects(parse(CENSUS, bad, day), { code: 'KC_FEED_NOT_DATA' });
  }
});

test('the day is the file name’s or the user’s; without either, or an impossible one, the file is refused', async () => {
  const at = async (fileName: string, observedAt: string | null) => {
    const [item] = await parse(CENSUS, 'gke,v1.2.3,5\n', { fileName, observedAt });
    return item?.type === 'count' ? item.observedAt : item;
  };
  assert.equal(await at('2023-05-07-anything.csv', null), '2023-05-07T00:00:00.000Z');
  assert.equal(await at('2023-05-07-anything.csv', '2023-05-06T10:00:00Z'), '2023-05-06T10:00:00.000Z');
  for (const name of ['versions.csv', '2023-02-30-k8s-versions.csv', '2031-01-01-k8s-versions.csv']) {
    await assert.rejects(at(name, null), { code: 'KC_FEED_NO_DATE' }, name);
  }
});

test('the Ruby reader takes the printed form and nothing else', () => {
  assert.deepEqual(
    structuredClone(parseRubyInspect(' {"a"=>1, "b"=>[nil, true, false, -1.5e3], "c"=>{}, "d"=>"x\\"\\\\y"} \n')),
    { a: 1, b: [null, true, false, -1500], c: {}, d: 'x"\\y' },
  );
  const proto = parseRubyInspect('{"__proto__"=>{"x"=>1}}') as object;
  assert.equal(Object.getPrototypeOf(proto), null);
  assert.equal('x' in proto, false);
  const refused = [
    '',
    '{',
    '{"a"=>1',
    '{"a":1}',
    '{"a"=>1,}',
    '{:a=>1}',
    '{"a"=>`id`}',
    '"#{x}" "',
    '"a\\#{x}"',
    '[1 2]',
    '{"a"=>1} x',
    'nilx',
  ];
  for (const text of refused) assert.equal(parseRubyInspect(text), undefined, text);
  assert.equal(parseRubyInspect('['.repeat(1_000_000)), undefined);
});
