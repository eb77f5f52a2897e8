// Tables and examples of the documents are those of the code.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BENCHMARKS } from '../../scripts/bench/index.ts';
import { TABLES, withTables } from '../../scripts/docs-tables.ts';
import type { Evidence } from '../../services/feeds/evidence.ts';
import { judge } from '../../services/fingerprints/match.ts';
import { ERRORS } from '../../services/platform/errors.ts';
import { OUTCOME_NAMES } from '../../services/probes/outcome.ts';
import { DEFAULT_LIMITS } from '../../services/probes/tls.probe.ts';
import { PORTS } from '../../services/surveys/ports.ts';
import { blocksOf, textOf } from './pages.ts';

for (const page of Object.keys(TABLES)) {
  test(`the tables of docs/${page} are those of the code`, () => {
    const text = textOf(`docs/${page}`);
    assert.equal(text, withTables(page, text), 'run: node scripts/docs-tables.ts');
  });
}

test('each code, outcome and port has one row', () => {
  const rows = (page: string, name: string): string[] => (TABLES[page]?.[name] ?? '').split('\n').slice(2);
  const first = (row: string): string => (row.split('|')[1] ?? '').trim().replaceAll('`', '');
  assert.deepEqual(rows('errors.md', 'errors').map(first), Object.keys(ERRORS));
  assert.deepEqual(rows('method.md', 'outcomes').map(first), OUTCOME_NAMES);
  assert.deepEqual(
    rows('method.md', 'ports').map(first),
    PORTS.map(({ port }) => String(port)),
  );
});

test('a table that has no place, or is not that of the code, is found', () => {
  assert.throws(() => withTables('errors.md', '# Errors\n'), /has no place for the table errors/);
  const text = textOf('docs/errors.md');
  const changed = text.replace('| `KC_USAGE` | 2 |', '| `KC_USAGE` | 1 |');
  assert.notEqual(changed, text);
  assert.notEqual(withTables('errors.md', changed), changed);
});

test('docs/performance.md describes every benchmark', () => {
  const described = [...textOf('docs/performance.md').matchAll(/^\| `([a-z-]+)` \|/gm)].map(([, name]) => name);
  // The table of goals and the table of figures both name them.
  assert.deepEqual([...new Set(described)].sort(), Object.keys(BENCHMARKS).sort());
});

test('README.md counts the outcomes', () => {
  assert.match(textOf('README.md'), new RegExp(`one of ${OUTCOME_NAMES.length} outcomes`));
});

test('the limits of docs/method.md are those of the prober', () => {
  const { connectMs, tlsMs, headersMs, totalMs, bodyBytes, totalBytes, headerBytes, interimResponses } = DEFAULT_LIMITS;
  const seconds = (ms: number): string => `${ms / 1000} s`;
  const kib = (bytes: number): string => `${bytes / 1024} KiB`;
  const rows = [
    `| connect, TLS handshake, response head | ${[connectMs, tlsMs, headersMs].map(seconds).join(', ')} |`,
    `| everything | ${seconds(totalMs)} |`,
    `| body, all bytes, head | ${[bodyBytes, totalBytes, headerBytes].map(kib).join(', ')} |`,
    `| interim (1xx) responses | ${interimResponses} |`,
  ];
  assert.deepEqual(
    rows.filter((row) => !textOf('docs/method.md').includes(row)),
    [],
  );
});

test('the verdict of docs/method.md is what its evidence gets', () => {
  const blocks = blocksOf(textOf('docs/method.md'));
  const shell = blocks.find(({ language, code }) => language === 'sh' && code.includes('kubecensus fingerprint'));
  const evidence = /^echo '(.+)' \| kubecensus fingerprint$/m.exec(shell?.code ?? '')?.[1];
  const verdict = blocks.map(({ code }) => code).find((code) => code.includes('"grade"'));
  assert.ok(evidence !== undefined && verdict !== undefined);
  const shown = JSON.parse(verdict) as { indicators: Record<string, unknown> };
  const judged = judge(JSON.parse(evidence) as Evidence, { now: '2026-11-23T00:00:00Z' });
  const indicators = Object.fromEntries(Object.keys(shown.indicators).map((name) => [name, judged.indicators[name]]));
  assert.deepEqual(shown, { ...judged, indicators });
});

test('the evidence of docs/method.md is evidence', () => {
  const example = blocksOf(textOf('docs/method.md')).find(
    ({ code }) => code.includes('"endpoint"') && code.includes('"chain"'),
  );
  const evidence = JSON.parse(example?.code ?? '') as Evidence;
  const verdict = judge({ ...evidence, tls: { ...evidence.tls, chain: [] } }, { now: '2026-11-23T00:00:00Z' });
  assert.equal(verdict.component, 'kube-apiserver');
  assert.equal(verdict.id, evidence.id);
});
