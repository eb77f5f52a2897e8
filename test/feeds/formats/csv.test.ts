// CSV records: the same as a well-known reader finds, at most one record in memory.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse as reference } from 'csv-parse/sync';
import fc from 'fast-check';
import { fieldsOf, readCsv, readCsvRows } from '../../../services/feeds/formats/csv.ts';
import { collect, streamOf } from './items.ts';

const records = async (...pieces: readonly (string | Uint8Array)[]) =>
  (await collect(readCsv(streamOf(...pieces)))).flat();
const fields = async (text: string) =>
  (await records(text)).map((record) => (record.type === 'record' ? record.fields : record.reason));

test('F08: quoted commas, quotes and newlines are parts of fields', async () => {
  assert.deepEqual(await fields('a,"b,c","d ""e""","f\ng"\n\nh,,"",i\n'), [
    ['a', 'b,c', 'd "e"', 'f\ng'],
    ['h', '', '', 'i'],
  ]);
  assert.equal(fieldsOf('a,"b'), null);
});

test('F08: any records, written by the rules, are read as csv-parse reads them, however they are cut', async () => {
  const field = fc.string({ unit: fc.constantFrom('a', ',', '"', '\n', ' ', 'ü'), maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(field, { minLength: 2, maxLength: 4 }), { maxLength: 6 }),
      fc.integer({ min: 1, max: 9 }),
      async (rows, size) => {
        const text = rows
          .map((row) => `${row.map((value) => `"${value.replaceAll('"', '""')}"`).join(',')}\n`)
          .join('');
        const bytes = Buffer.from(text);
        const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
          bytes.subarray(i * size, (i + 1) * size),
        );
        const read = (await records(...pieces)).map((record) => (record.type === 'record' ? record.fields : record));
        assert.deepEqual(read, rows);
        assert.deepEqual(read, reference(text, { relax_column_count: true }));
      },
    ),
    { numRuns: 200 },
  );
});

test('F07: a quote that never closes stops the file at 64 kB, not at its end', async () => {
  const row = '1.2.3.4,"open,443\n';
  let pieces = 0;
  async function* endless() {
    yield Buffer.from(row);
    for (; pieces < 100; pieces++) yield Buffer.from('5.6.7.8,x,443\n'.repeat(1000));
  }
  await assert.rejects(collect(readCsv(endless())), { code: 'KC_FEED_NOT_DATA', message: /line 1 / });
  assert.ok(pieces < 10, `${pieces} pieces were read`);
  await assert.rejects(records(row), { code: 'KC_FEED_NOT_DATA' });
});

const named = (text: string, required: readonly string[]) =>
  collect(
    readCsvRows(streamOf(text), required, ({ get }, at) => [
      { type: 'sighting', host: get('ip') ?? '-', port: get('port'), observedAt: null, at },
    ]),
  );

test('F09: columns are found by name, whatever order, case or company; rows of another width are rejected', async () => {
  const [first, second, third] = await named('Port ,new,"IP"\n443,x, 1.2.3.4 \n,y,5.6.7.8\n443,1.2.3.4\n', ['ip']);
  assert.deepEqual(first, { type: 'sighting', host: '1.2.3.4', port: '443', observedAt: null, at: 'line 2' });
  assert.ok(second?.type === 'sighting' && second.port === null);
  assert.ok(third?.type === 'rejection' && third.reason === 'column_count' && third.excerpt === '443,1.2.3.4');
});

test('F09: a missing or a doubled column refuses the file', async () => {
  await assert.rejects(named('ip,ports\n1.2.3.4,1\n', ['ip', 'port']), {
    code: 'KC_FEED_NOT_DATA',
    message: /no column port/,
  });
  await assert.rejects(named('ip,port,IP\n1.2.3.4,1,5.6.7.8\n', ['ip', 'port']), {
    code: 'KC_FEED_NOT_DATA',
    message: /ip twice/,
  });
});
