// The bytes between Postgres and a CSV file: every text is guarded and every record ends with CRLF, however the stream is cut.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parse } from 'csv-parse/sync';
import * as fc from 'fast-check';
import { csvText } from '../../services/exports/formula-guard.ts';
import { GuardedCsv } from '../../services/exports/guarded-csv.ts';

/** A field as COPY writes it: quoted where it must be, an empty text in quotes, null as nothing. */
const copied = (field: string | null): string =>
  field === null ? '' : field === '' || /[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field;

/** Runs text through in pieces of these sizes. */
function guard(text: string, guarded: readonly boolean[], cuts: readonly number[]): { text: string; records: number } {
  const csv = new GuardedCsv(guarded);
  const out: Uint8Array[] = [];
  let bytes = Buffer.from(text);
  for (const size of [...cuts, bytes.length]) {
    out.push(csv.next(bytes.subarray(0, size)));
    bytes = bytes.subarray(size);
  }
  return { text: Buffer.concat(out).toString(), records: csv.records };
}

describe('GuardedCsv', () => {
  it('gives the fields with an apostrophe where csvText has one, and CRLF between records', () => {
    const field = fc.option(
      fc
        .array(fc.constantFrom('=', '+', '-', '@', '\t', '\r', '\n', '"', ',', 'a', 'ü', '\u2028'))
        .map((chars) => chars.join('')),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(field, field, field), { minLength: 1 }), fc.array(fc.nat(5)), (rows, cuts) => {
        const text = rows.map((row) => `${row.map(copied).join(',')}\n`).join('');
        const { text: out, records } = guard(text, [true, false, true], cuts);
        assert.equal(records, rows.length);
        const expected = rows.map((row) =>
          row.map((value, i) => (i === 1 ? (value ?? '') : csvText(value ?? '', 'text'))),
        );
        assert.deepEqual(
          parse(out, { record_delimiter: '\r\n', relax_quotes: false, skip_empty_lines: false }),
          expected,
        );
        assert.equal(out.endsWith('\r\n'), true);
      }),
    );
  });

  it('leaves numbers below zero and newlines within quotes as they are', () => {
    assert.equal(guard('-1,-1,"x\ny"\n', [false, true, true], []).text, '-1,\'-1,"x\ny"\r\n');
  });

  it('guards a text that begins with a newline or with a quoted formula', () => {
    assert.equal(guard('"\nx","=1,2",""\n', [true, true, true], [1, 1]).text, '"\'\nx","\'=1,2",""\r\n');
  });
});
