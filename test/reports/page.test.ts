// The page in a real browser: nothing is loaded or run, nothing is wider than the window, one drawing of each picture shows.
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import type { BrowserContext } from 'playwright-core';
import { feedsReport } from '../../services/reports/feeds-report.ts';
import { headline } from '../../services/reports/headline.ts';
import { htmlOf } from '../../services/reports/html.ts';
import { browserMissing, openBrowser, type TestBrowser } from '../support/browser.ts';
import { HOSTILE, hostileData } from './hostile-data.ts';
import { sampleData, sampleTallies } from './sample-data.ts';
import { manyFeeds, sampleFeeds } from './sample-feeds.ts';

const skip = browserMissing();

let opened: TestBrowser;
let browser: BrowserContext;
let home: string;

before(async () => {
  if (skip !== false) return;
  home = await mkdtemp(join(tmpdir(), 'report-page-'));
  opened = await openBrowser();
  browser = opened.context;
  await writeFile(
    join(home, 'plain.html'),
    htmlOf(headline(sampleData({ endpoints: 900, weight: 811, seed: 3, tallies: sampleTallies(9) }))),
  );
  await writeFile(join(home, 'hostile.html'), htmlOf(headline(hostileData())));
  await writeFile(join(home, 'feeds.html'), htmlOf(feedsReport(manyFeeds())));
  await writeFile(join(home, 'hostile-feeds.html'), htmlOf(feedsReport(sampleFeeds(HOSTILE.slice(0, 4)))));
});

after(async () => {
  if (skip !== false) return;
  await opened.close();
  await rm(home, { recursive: true, force: true });
});

/** What the page is asked from within: the project has no DOM types, so as text. */
const MEASURE = `({
  overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
  wide: [...document.querySelectorAll('.wide')].filter((one) => one.checkVisibility()).length,
  narrow: [...document.querySelectorAll('.narrow')].filter((one) => one.checkVisibility()).length,
  figures: document.querySelectorAll('figure').length,
  cut: [...document.querySelectorAll('figure svg')].filter((svg) => svg.checkVisibility()).flatMap((svg) => {
    const frame = svg.getBoundingClientRect();
    return [...svg.querySelectorAll('text')].filter((text) => {
      const box = text.getBoundingClientRect();
      return box.left < frame.left - 1 || box.right > frame.right + 1 || box.top < frame.top - 1 || box.bottom > frame.bottom + 1;
    }).map((text) => text.textContent);
  }),
  paper: getComputedStyle(document.body).backgroundColor,
  ink: getComputedStyle(document.body).color,
})`;

interface Measures {
  readonly overflow: number;
  readonly wide: number;
  readonly narrow: number;
  readonly figures: number;
  readonly cut: readonly string[];
  readonly paper: string;
  readonly ink: string;
}

/** Pages, and how many pictures each has at least. */
const PAGES = { plain: 9, hostile: 9, feeds: 2, 'hostile-feeds': 2 };

for (const [name, pictures] of Object.entries(PAGES)) {
  for (const width of [1440, 768, 390]) {
    test(`the page fits ${width} pixels and loads nothing (${name} data)`, { skip }, async () => {
      const page = await browser.newPage();
      const [troubles, requests]: [string[], string[]] = [[], []];
      page.on('console', (message) => troubles.push(message.text()));
      page.on('pageerror', (error) => troubles.push(error.message));
      page.on('dialog', (dialog) => void troubles.push(dialog.message()));
      page.on('request', (request) => void requests.push(request.url()));
      await page.setViewportSize({ width, height: 900 });
      const url = pathToFileURL(join(home, `${name}.html`)).href;
      await page.goto(url);
      const measures = (await page.evaluate(MEASURE)) as Measures;
      await page.close();
      assert.deepEqual(troubles, []);
      assert.deepEqual(requests, [url]);
      assert.ok(measures.figures >= pictures);
      const [shown, hidden] = width > 600 ? [measures.wide, measures.narrow] : [measures.narrow, measures.wide];
      assert.deepEqual([shown, hidden], [measures.figures, 0]);
      assert.deepEqual(measures.cut, [], 'no letter of a picture lies outside it');
      assert.equal(measures.overflow, 0, 'the page does not scroll sideways');
    });
  }
}

test('paper follows the reader: light, dark, and light again in print', { skip }, async () => {
  const page = await browser.newPage();
  await page.goto(pathToFileURL(join(home, 'plain.html')).href);
  const colours = async (): Promise<string[]> => {
    const { paper, ink } = (await page.evaluate(MEASURE)) as Measures;
    return [paper, ink];
  };
  await page.emulateMedia({ colorScheme: 'light' });
  const light = await colours();
  await page.emulateMedia({ colorScheme: 'dark' });
  const dark = await colours();
  await page.emulateMedia({ colorScheme: 'dark', media: 'print' });
  const print = await colours();
  await page.close();
  assert.deepEqual(
    { light, dark, print },
    {
      light: ['rgb(252, 251, 248)', 'rgb(24, 34, 45)'],
      dark: ['rgb(20, 25, 30)', 'rgb(232, 230, 225)'],
      print: ['rgb(255, 255, 255)', 'rgb(24, 34, 45)'],
    },
  );
});
