// Which format a file has: said with its reason, and rubbish refused whatever it was called.
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { lookAt, openFile } from '../../../services/feeds/file-source.feed.ts';
import type { Head } from '../../../services/feeds/formats/format.ts';
import { chooseFormat, FORMATS } from '../../../services/feeds/formats/index.ts';
import { FIXTURES, FOLDER, fixture } from './fixtures.ts';

const head = (text: string, fileName = 'file'): Head => ({
  lines: text.split(/\r?\n/).filter((line) => line.trim() !== ''),
  fileName,
});
const chosen = (text: string, name = 'auto') => chooseFormat(head(text), name).format.name;

/** Formats of kubecensus' own and of a published data set, which have no tool. */
const TEXTS: Readonly<Record<string, string>> = {
  list: '# hosts\n1.2.3.4\napi.example.com:6443\n[2001:db8::1]:443\n10.0.0.0/24\n',
  evidence: '{"endpoint":{"address":"1.2.3.4","port":6443},"requests":[]}\n{"name":"x","port":443,"transport":"tls"}\n',
  census: 'gke,v1.21.12-gke.2200,28800\nunclassified,v1.9.6,1\n',
};
const SAMPLES: readonly (readonly [format: string, what: string, head: Head])[] = [
  ...Object.entries(TEXTS).map(([name, text]) => [name, name, head(text)] as const),
  ...(await Promise.all(
    Object.entries(FIXTURES).flatMap(([name, files]) =>
      files.map(async (file) => {
        const source = await lookAt(`${FOLDER}/${file}`, openFile);
        return [name, file, source.parts[0]?.head as Head] as const;
      }),
    ),
  )),
];

test('there is a sample of every format, and every fixture is a sample', () => {
  assert.deepEqual([...new Set(SAMPLES.map(([name]) => name))].sort(), FORMATS.map(({ name }) => name).sort());
  const used = new Set(Object.values(FIXTURES).flat());
  const others = readdirSync(FOLDER).filter((file) => !used.has(file));
  assert.deepEqual(others, ['README.md', 'nmap.gnmap']);
});

test('every sample is recognised as itself, by content and by name, and the decision says why', () => {
  for (const [name, what, sample] of SAMPLES) {
    const { format, decision } = chooseFormat(sample, 'auto');
    assert.equal(format.name, name, what);
    assert.match(decision, new RegExp(`is read as ${name}: \\S+`));
    assert.equal(chooseFormat(sample, name).format.name, name, what);
  }
});

test('no sample is anything else: every other format scores next to nothing and refuses it by name', () => {
  for (const [name, what, sample] of SAMPLES) {
    for (const other of FORMATS.filter((format) => format.name !== name)) {
      const { score, why } = other.detect(sample);
      assert.ok(score < 0.1, `${what} as ${other.name}: ${why}`);
      assert.throws(
        () => chooseFormat(sample, other.name),
        { code: 'KC_FEED_NOT_DATA' },
        `${what} read as ${other.name}`,
      );
    }
  }
});

test('F15: some bad lines at the beginning do not hide the format', () => {
  assert.equal(chosen(`{"broken\n${fixture('zgrab2-http.jsonl')}`), 'zgrab2');
  assert.equal(chosen(`not a host\n${TEXTS['list']}`), 'list');
  assert.equal(chosen(`{"broken\n${fixture('shodan.jsonl')}`), 'shodan');
});

test('F03: web pages are refused as a whole, also under a named format', () => {
  const pages = [
    '<!DOCTYPE html>\n<html><head><title>Sign in</title></head></html>',
    '<HTML>\n<body>1.2.3.4\n5.6.7.8\n</body>',
    '<!-- cached\n -->\n<html lang="en">',
    '<script>location="/login"</script>\n1.2.3.4\n',
  ];
  for (const page of pages) {
    for (const name of ['auto', ...FORMATS.map((format) => format.name)]) {
      assert.throws(() => chosen(page, name), { code: 'KC_FEED_NOT_DATA' }, name);
    }
  }
});

test('F03: error documents, prose, tables, XML and JSON of something else are refused, not guessed', () => {
  const others = [
    '{"error":"unauthorized"}',
    '{"error":"Please upgrade your API plan to use filters or paging."}',
    '{"code":401,"status":"Unauthorized","error":"You must authenticate"}\n',
    '[]',
    '{}',
    '[{"id":1,"name":"a"}]',
    '{"ip":"1.2.3.4"}\n{"ip":"1.2.3.5"}\n',
    '{"host":"a.example","port":443}\n',
    'Your session has expired.\nPlease log in again to continue.\n',
    'ip,port,hostname\n1.2.3.4,443,a\n',
    'name,email\nA,a@example.com\n',
    'date;amount\n2026-01-01;3\n',
    '<?xml version="1.0"?>\n<rss version="2.0"><channel><title>x</title></channel></rss>',
    '<?xml version="1.0"?>\n<nmaprun scanner="other" version="1">\n</nmaprun>',
    'apiVersion: v1\nkind: Config\nclusters: []\n',
    '%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\n',
    'da39a3ee5e6b4b0d3255bfef95601890afd80709  file.iso\n',
    'INSERT INTO hosts VALUES (1, 2);\n',
  ];
  for (const text of others) assert.throws(() => chosen(text), { code: 'KC_FEED_NOT_DATA' }, text.slice(0, 60));
});

test('outputs that nothing can be made of are refused with what to do instead, under any name', () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    [fixture('nmap.gnmap'), /-oX/],
    ['Starting\nNmap scan report for 192.0.2.1\nPORT STATE\n', /-oX/],
    ['masscan/1.1\nsomething', /--readscan/],
    ['"timestamp","ip","port","naics"\n"2026-11-23 00:00:00",192.0.2.1,443,0\n', /another Shadowserver report/],
  ];
  for (const [text, hint] of cases) {
    for (const name of ['auto', 'nmap', 'list', 'shadowserver'])
      assert.throws(() => chosen(text, name), { code: 'KC_FEED_NOT_DATA', message: hint }, text.slice(0, 30));
  }
});

test('what is mostly no text is refused, some unreadable lines are not', () => {
  const sample = head(TEXTS['list'] as string);
  assert.throws(() => chooseFormat({ ...sample, unreadable: 6 }, 'list'), {
    code: 'KC_FEED_NOT_DATA',
    message: /no text/,
  });
  assert.throws(() => chooseFormat({ lines: [], fileName: 'x', unreadable: 1 }, 'auto'), { code: 'KC_FEED_NOT_DATA' });
  assert.equal(chooseFormat({ ...sample, unreadable: 2 }, 'auto').format.name, 'list');
});

test('an unknown name is wrong usage and lists the names', () => {
  assert.throws(() => chosen(TEXTS['list'] as string, 'csv'), {
    code: 'KC_FEED_FORMAT',
    message: /evidence, zgrab2, zmap, masscan, .*, list/,
  });
});

test('F17: lines made to exhaust whoever looks at them are looked at once, not once per character', () => {
  const long = 300_000;
  const digest = 'ab'.repeat(20);
  const lines = [
    `{"a":${'['.repeat(long)}${']'.repeat(long)},"b":1}`,
    `${' '.repeat(long)}x${' '.repeat(long)}y`,
    `${'<!-- x --> '.repeat(long / 10)}y`,
    '<nmaprun '.repeat(long / 10),
    `${digest},${'a'.repeat(long)},`,
    `${','.repeat(long)}x`,
    `a,"${'""'.repeat(long)}`,
    'Host: x ('.repeat(long / 10),
    '"timestamp","ip",'.repeat(long / 10),
  ];
  for (const line of lines) {
    const { user } = process.cpuUsage();
    assert.throws(() => chosen(line), { code: 'KC_FEED_NOT_DATA' });
    // What is quadratic takes minutes here; CPU time does not depend on what else the machine does.
    const seconds = (process.cpuUsage().user - user) / 1e6;
    assert.ok(seconds < 10, `${line.slice(0, 20)}: ${seconds} s`);
  }
});
