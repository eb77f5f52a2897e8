// Which format a file has: said with its reason, and rubbish refused whatever it was called.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { chooseFormat, FORMATS } from '../../../services/feeds/formats/index.ts';

const head = (text: string, fileName = 'file') => ({
  lines: text.split('\n').filter((line) => line.trim() !== ''),
  fileName,
});
const chosen = (text: string, name = 'auto') => chooseFormat(head(text), name).format.name;

const SAMPLES = {
  list: '# hosts\n1.2.3.4\napi.example.com:6443\n[2001:db8::1]:443\n10.0.0.0/24\n',
  evidence: '{"endpoint":{"address":"1.2.3.4","port":6443},"requests":[]}\n{"name":"x","port":443,"transport":"tls"}\n',
  zgrab2: readFileSync('test/fixtures/feeds/zgrab2-http.jsonl', 'utf8'),
  census: 'gke,v1.21.12-gke.2200,28800\nunclassified,v1.9.6,1\n',
};

test('every format is chosen for its own sample, by content and by name, and says why', () => {
  assert.deepEqual(FORMATS.map(({ name }) => name).sort(), Object.keys(SAMPLES).sort());
  for (const [name, text] of Object.entries(SAMPLES)) {
    assert.equal(chosen(text), name);
    assert.equal(chosen(text, name), name);
    assert.match(chooseFormat(head(text), 'auto').decision, new RegExp(`^file is read as ${name}: .*\\d+ %`));
  }
});

test('a file that is surely of another format than named is refused, for every pair', () => {
  for (const [name, text] of Object.entries(SAMPLES)) {
    for (const other of Object.keys(SAMPLES).filter((format) => format !== name)) {
      assert.throws(() => chosen(text, other), { code: 'KC_FEED_NOT_DATA' }, `${name} read as ${other}`);
    }
  }
});

test('F15: some bad lines at the beginning do not hide the format', () => {
  assert.equal(chosen(`{"broken\n${SAMPLES.zgrab2}`), 'zgrab2');
  assert.equal(chosen(`not a host\n${SAMPLES.list}`), 'list');
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

test('F03: error documents, prose and files of tools that are not read yet are refused, not guessed', () => {
  const others = [
    '{"error":"unauthorized"}',
    'Your session has expired.\nPlease log in again to continue.\n',
    readFileSync('test/fixtures/feeds/nmap.xml', 'utf8'),
    readFileSync('test/fixtures/feeds/nmap.gnmap', 'utf8'),
    'ip,port,hostname\n1.2.3.4,443,a\n',
  ];
  for (const text of others) assert.throws(() => chosen(text), { code: 'KC_FEED_NOT_DATA' }, text.slice(0, 40));
});

test('an unknown name is wrong usage and lists the names', () => {
  assert.throws(() => chosen(SAMPLES.list, 'csv'), {
    code: 'KC_FEED_FORMAT',
    message: /evidence, zgrab2, census, list/,
  });
});
