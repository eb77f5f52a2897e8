// HTML, Markdown, CSV and JSON of a report: the same content, everything from data escaped, nothing loaded from elsewhere.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { parseHTML } from 'linkedom';
import { headline } from '../../services/reports/headline.ts';
import { htmlOf } from '../../services/reports/html.ts';
import { html, markupOf } from '../../services/reports/html-template.ts';
import { jsonOf } from '../../services/reports/json.ts';
import { markdownOf } from '../../services/reports/markdown.ts';
import { visible } from '../../services/reports/plain-text.ts';
import { type Report, section, type Table, tablesOf } from '../../services/reports/section.ts';
import { csvOf } from '../../services/reports/table-csv.ts';
import { HOSTILE, hostileData } from './hostile-data.ts';
import { sampleData, sampleTallies } from './sample-data.ts';

const REPORT = headline(sampleData({ endpoints: 900, weight: 811, seed: 3, tallies: sampleTallies(5) }));
const HOSTILE_REPORT = headline(hostileData());

interface Element {
  readonly localName: string;
  readonly textContent: string;
  readonly attributes: Iterable<{ readonly name: string; readonly value: string }>;
  getAttribute(name: string): string | null;
}

function elements(markup: string): Element[] {
  return [...(parseHTML(markup).document.querySelectorAll('*') as unknown as Iterable<Element>)];
}

test('a page holds every section, table and picture, and can be reached from its contents', () => {
  const all = elements(htmlOf(REPORT));
  const ids = new Set(all.map((one) => one.getAttribute('id')).filter((id) => id !== null));
  for (const one of REPORT.sections) assert.ok(ids.has(one.id), one.id);
  for (const link of all.filter((one) => one.getAttribute('href')?.startsWith('#')))
    assert.ok(ids.has(link.getAttribute('href')!.slice(1)));
  const links = new Set(all.map((one) => one.getAttribute('href')));
  for (const one of tablesOf(REPORT)) assert.ok(links.has(`data/${one.id}.csv`), one.id);
  const texts = all.filter((one) => ['td', 'th'].includes(one.localName)).map((one) => one.textContent);
  assert.ok(texts.includes('Google GKE, Anthos, Google Distributed Cloud'));
});

for (const [name, report] of [
  ['plain', REPORT],
  ['hostile', HOSTILE_REPORT],
] as const) {
  test(`a page loads nothing and runs nothing (${name} data)`, () => {
    const page = htmlOf(report);
    for (const one of elements(page)) {
      assert.ok(
        ![
          'script',
          'img',
          'iframe',
          'object',
          'embed',
          'link',
          'base',
          'form',
          'audio',
          'video',
          'image',
          'use',
          'foreignobject',
        ].includes(one.localName.toLowerCase()),
        one.localName,
      );
      for (const { name: attribute, value } of one.attributes) {
        assert.doesNotMatch(attribute, /^on|^src|^style$|^srcset$|^xlink/);
        if (attribute === 'href')
          assert.match(
            value,
            /^(#[a-z0-9-]+|data\/[a-z0-9-]+\.csv|figures\/[a-z0-9-]+\.svg|https:\/\/[a-z.-]+\/[a-z/]*)$/,
          );
      }
    }
    const style = /<style>([\s\S]*?)<\/style>/.exec(page)![1]!;
    assert.doesNotMatch(style, /url\(|@import|https?:/);
    const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(page)![1]!;
    assert.match(policy, /^default-src 'none'; /);
    assert.ok(
      policy.includes(`'sha256-${createHash('sha256').update(style).digest('base64')}'`),
      'the policy allows this style sheet and no other',
    );
  });
}

test('hostile text shows as text, with what is invisible written out', () => {
  const cells = elements(htmlOf(HOSTILE_REPORT)).map((one) => one.textContent);
  for (const text of HOSTILE)
    assert.ok(
      cells.some((cell) => cell.includes(visible(text))),
      JSON.stringify(text),
    );
  assert.doesNotMatch(htmlOf(HOSTILE_REPORT), /[\u202e\u0000]/);
});

test('the template escapes text and quoted attributes, keeps its own markup, and joins lists', () => {
  assert.equal(
    markupOf(html`<a title="${'"x" & <y>'}">${"it's"}${[html`<b>${'<'}</b>`, 3]}</a>`),
    '<a title="&quot;x&quot; &amp; &lt;y&gt;">it&#39;s<b>&lt;</b>3</a>',
  );
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const rendered = markupOf(html`<p title="${text}">${text}</p>`);
      assert.match(rendered, /^<p title="[^"<>]*">[^<>]*<\/p>$/);
      const [paragraph] = elements(`<html><body>${rendered}</body></html>`).filter((one) => one.localName === 'p');
      assert.equal(paragraph!.textContent, visible(text));
    }),
  );
});

test('Markdown of hostile data holds no tag, no foreign link and no broken table', () => {
  const text = markdownOf(HOSTILE_REPORT);
  assert.doesNotMatch(text, /<(?!https:\/\/)[a-z/!]/i);
  for (const [, target] of text.matchAll(/(?<!\\)\]\(<?([^)>]*)>?\)/g))
    assert.match(target!, /^(data\/[a-z0-9-]+\.csv|figures\/[a-z0-9-]+\.svg|https:\/\/.+)$/);
  const lines = text.split('\n');
  const pipes = (line: string): number => line.replaceAll('\\|', '').split('|').length;
  for (const [at, line] of lines.entries())
    if (line.startsWith('| ') && lines[at - 1]?.startsWith('| '))
      assert.equal(pipes(line), pipes(lines[at - 1]!), line);
  assert.doesNotMatch(text, /[\u202e\u0000\r]/);
});

test('Markdown has every section, picture and table of the page', () => {
  const text = markdownOf(REPORT);
  for (const one of REPORT.sections) assert.ok(text.includes(`\n## ${one.title}\n`), one.title);
  for (const one of REPORT.sections.flatMap((part) => part.figures))
    assert.ok(text.includes(`](figures/${one.id}.svg)`), one.id);
  for (const one of tablesOf(REPORT)) assert.ok(text.includes(`(data/${one.id}.csv)`), one.id);
});

test('JSON is the model, lossless', () => {
  const { schema, ...model } = JSON.parse(jsonOf(HOSTILE_REPORT)) as { schema: number } & Report;
  assert.equal(schema, 1);
  assert.deepEqual(model, JSON.parse(JSON.stringify(HOSTILE_REPORT)));
});

const MIXED: Table = {
  id: 'mixed',
  title: 'Mixed',
  columns: [
    { key: 'name', label: 'Name', type: 'text' },
    { key: 'endpoints', label: 'Endpoints', type: 'count', unit: 'endpoint' },
    { key: 'share', label: 'Share', type: 'share', unit: 'endpoints' },
  ],
  rows: [
    ['plain', -1, 0.25],
    ['=1+1', 0, 1],
    [null, null, null],
  ],
};

test('CSV guards text against formulas and leaves numbers alone', () => {
  assert.equal(csvOf(MIXED), "name,endpoints,share\r\nplain,-1,0.25\r\n'=1+1,0,1\r\n,,\r\n");
});

test('CSV quotes what would end a field or a line, also for readers that take a lone LF or CR for one', () => {
  for (const text of ['a\nb', 'a\rb', 'a\r\nb', 'a,b'])
    assert.ok(csvOf({ ...MIXED, rows: [[text, 1, null]] }).includes(`"${text}"`), JSON.stringify(text));
  assert.ok(csvOf({ ...MIXED, rows: [['a"b', 1, null]] }).includes('"a""b"'));
});

test('CSV of any text reads back as it was, but for the guard', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary' }), { minLength: 1 }), (texts) => {
      const table: Table = { ...MIXED, rows: texts.map((text) => [text, 1, null]) };
      const rows = parse(csvOf(table), { record_delimiter: '\r\n' }) as string[][];
      assert.deepEqual(
        rows.slice(1).map((row) => row[0]),
        texts.map((text) => (/^[=+\-@\t\r\0]/.test(text) ? `'${text}` : text)),
      );
    }),
  );
  for (const one of tablesOf(HOSTILE_REPORT)) {
    const rows = parse(csvOf(one), { record_delimiter: '\r\n' }) as string[][];
    assert.equal(rows.length, one.rows.length + 1, one.id);
    for (const row of rows.slice(1))
      for (const [at, value] of row.entries())
        if (['text', 'code', 'time'].includes(one.columns[at]!.type)) assert.doesNotMatch(value, /^[=+\-@\t\r\0]/);
  }
});

test('a link is one only when it is https', () => {
  const report = (href: string): Report => ({
    ...REPORT,
    sections: [section('links', 'Links', { paragraphs: [[{ text: 'here', href }]] })],
  });
  for (const href of ['javascript:alert(1)', 'http://example.org/', 'data:text/html,x', '//example.org', '']) {
    assert.doesNotMatch(htmlOf(report(href)), /<main>[\s\S]*href=/);
    assert.doesNotMatch(markdownOf(report(href)), /\]\(/);
  }
  assert.match(htmlOf(report('https://kubernetes.io/a?b="c"')), /href="https:\/\/kubernetes\.io\/a\?b=&quot;c&quot;"/);
  assert.match(markdownOf(report('https://kubernetes.io/(a)')), /\[here\]\(<https:\/\/kubernetes\.io\/\(a\)>\)/);
});
