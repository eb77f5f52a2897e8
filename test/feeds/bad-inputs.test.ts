// Every bad input of the list, F01 to F46, with its stated result and the test that holds it: a row without a test fails, and so does a test that is gone.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

/** What comes in, what must become of it, and where that is asserted: a test file, and words of a test's title. */
const ROWS: Readonly<Record<string, readonly [input: string, result: string, file: string, title: string]>> = {
  F01: [
    'an empty file where there were rows',
    'feed_empty, what was known stays',
    'candidates/held',
    'keeps what was known when a delivery is empty',
  ],
  F02: [
    'ten times or a tenth of the rows',
    'held for approval, not planned',
    'candidates/held',
    'holds ten times as many rows and a tenth of them',
  ],
  F03: ['a web page with status 200', 'refused as a whole', 'feeds/bad-files', 'F03'],
  F04: ['a byte order mark', 'stripped', 'feeds/formats/lines', 'F04'],
  F05: ['UTF-16 or Latin-1', 'refused with its encoding', 'feeds/bad-files', 'F05'],
  F06: ['CRLF, CR, mixed newlines', 'parsed', 'feeds/formats/lines', 'F06'],
  F07: ['a quote that swallows the file', 'the row cap trips, the batch is refused', 'feeds/bad-files', 'F07'],
  F08: ['quoted newlines and commas', 'parsed', 'feeds/formats/csv', 'F08'],
  F09: [
    'columns renamed, moved, missing, doubled',
    'by name; a missing one refuses the file',
    'feeds/bad-files',
    'F09',
  ],
  F10: ['a cut gzip file', 'refused, nothing committed', 'feeds/bad-files', 'F10'],
  F11: ['a bomb', 'stopped at the cap', 'feeds/bad-files', 'F11'],
  F12: ['concatenated gzip members', 'all read', 'feeds/bad-files', 'F12'],
  F13: ['zip with ../, links, a million entries', 'refused', 'feeds/formats/zip', 'F13'],
  F14: ['a wrong checksum', 'refused', 'feeds/bad-files', 'F14'],
  F15: ['one bad line among many', 'that row is rejected', 'feeds/bad-files', 'F15'],
  F16: ['a line of half a gigabyte', 'one rejection, flat memory', 'feeds/formats/lines', 'F16'],
  F17: ['deep JSON, __proto__, doubled keys', 'harmless', 'feeds/bad-files', 'F17'],
  F18: ['odd ports', 'whole numbers from 1 to 65535 only', 'feeds/bad-files', 'F18'],
  F19: ['odd spellings of IPv4', 'rejected, never reinterpreted', 'feeds/bad-files', 'F19'],
  F20: [
    'mapped, NAT64, 6to4, Teredo',
    'mapped is IPv4, the others are denied',
    'candidates/policy',
    "['2002:a9fe:a9fe::1', 'special_purpose']",
  ],
  F21: ['spellings of IPv6, zones', 'one candidate; zones rejected', 'feeds/bad-files', 'F21'],
  F22: ['every row of both IANA registries', 'denied', 'candidates/policy', 'denies the ends of'],
  F23: ['a block where an address is expected', 'rejected, or at most a /24 when allowed', 'feeds/bad-files', 'F23'],
  F24: ['our own addresses', 'denied', 'candidates/policy', 'still keeps own addresses, opt-outs and scope'],
  F25: [
    'who opted out',
    'dropped and counted, not stored',
    'candidates/collect',
    'counts who opted out and keeps no trace of them',
  ],
  F26: ['a wildcard', 'rejected', 'feeds/bad-files', 'F26'],
  F27: ['internal names', 'rejected', 'feeds/bad-files', 'F27'],
  F28: ['names that break the rules', 'rejected', 'feeds/bad-files', 'F28'],
  F29: ['international names', 'A-labels', 'feeds/bad-files', 'F29'],
  F30: ['control characters in names', 'rejected', 'feeds/bad-files', 'F30'],
  F31: ['formulas, SQL and markup in names', 'rejected', 'feeds/bad-files', 'F31'],
  F32: ['broken and odd certificates', 'a verdict per row', 'feeds/bad-files', 'F32'],
  F33: ['impossible and ambiguous times', 'rejected; units are not guessed', 'feeds/bad-files', 'F33'],
  F34: [
    'the same file twice',
    'changes nothing',
    'candidates/collect',
    'changes nothing when the same rows are collected again',
  ],
  F35: [
    'an older file after a newer one',
    'nothing moves back',
    'candidates/collect',
    'never lets an older file move evidence or last seen back',
  ],
  F36: ['a cursor that repeats', 'a loop: stop, partial', 'feeds/censys', 'F36'],
  F37: ['429, 500, a cut connection', 'goes on at the last committed page', 'feeds/censys', 'F37'],
  F38: ['fewer results than the total', 'partial', 'feeds/censys', 'F38'],
  F39: ['credentials in a URL', 'redacted', 'feeds/censys', 'F39'],
  F40: ['65,535 ports on one address', 'a cap, flagged', 'surveys/crowds', 'F40'],
  F41: [
    'many names of one address',
    'one endpoint, flagged',
    'surveys/plan',
    'are one target with the feeds of all and a name',
  ],
  F42: ['one name with thousands of addresses', 'a cap, flagged', 'candidates/resolve', 'dns_many_addresses'],
  F43: ['a /24 of 256 identical entries', 'taken, paced, flagged', 'surveys/crowds', 'F43'],
  F44: ['a feed whose terms turn to RED', 'out of every survey from then on', 'surveys/withheld', 'F44'],
  F45: ['a feed host inside, or a redirect there', 'refused by the same table', 'feeds/feed-host', 'F45'],
  F46: ['a file without end', 'row by row, flat memory', 'feeds/bad-files', 'F46'],
};

const names = Array.from({ length: 46 }, (_, i) => `F${String(i + 1).padStart(2, '0')}`);

test('every row of the list is held by a test', () => {
  assert.deepEqual(Object.keys(ROWS).sort(), names);
});

/** Titles of tests, and the rows of the tables that they are made of. */
const textOf = (file: string): string => readFileSync(`test/${file}.test.ts`, 'utf8');

for (const [name, [input, result, file, title]] of Object.entries(ROWS))
  test(`${name}: ${input}: ${result}`, () => {
    const titles = textOf(file)
      .split('\n')
      .filter((line) => /\b(?:test|it|describe)\(\s*['"`]|^\s*\[/.test(line));
    assert.ok(
      titles.some((line) => line.includes(title)),
      `${file}.test.ts has no test with "${title}" in its title`,
    );
  });

test('no test names a row that the list does not have', () => {
  const files = new Set(Object.values(ROWS).map(([, , file]) => file));
  for (const file of files)
    for (const [name] of textOf(file).matchAll(/\bF\d\d\b(?=[:,])/g))
      assert.ok(names.includes(name), `${file}: ${name}`);
});
