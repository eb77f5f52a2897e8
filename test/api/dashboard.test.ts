// The dashboard in a real browser and over real sockets: every page loads, reads well, works without scripts, and runs nothing of strangers.
import assert from 'node:assert/strict';
import { Writable } from 'node:stream';
import { test } from 'node:test';
import { parse } from 'csv-parse/sync';
import { sql } from 'kysely';
import type { Page } from 'playwright-core';
import { PAGES } from '../../services/api/pages/pages.ts';
import { exportDataset } from '../../services/exports/export.store.ts';
import { placeViews } from '../../services/exports/sql-views.store.ts';
import type { Observation } from '../../services/observations/observation.ts';
import { keepSummary } from '../../services/rollups/summary.store.ts';
import { HOSTILE } from '../reports/hostile-data.ts';
import { countedSurvey, startApi, type TestApi } from '../support/api.ts';
import { browserMissing, openBrowser, violations } from '../support/browser.ts';
import { NOW, observation, silence } from '../support/observations.ts';

const skip = browserMissing();
const DAY = 24 * 3600 * 1000;
/** Of each six; the smallest is held back with Liechtenstein, so that the sum does not tell. */
const SIX = ['US', 'US', 'US', 'DE', 'DE', 'FR'];
const COUNTRIES = [...new Set(SIX)];
const MINORS = [28, 30, 33];

const KUBELETS = 30;

/** `count` API servers, each in a network of its own, spread over countries and minors; kubelets, silence, and one API server alone in its country. */
function endpoints(count: number): Observation[] {
  const at = (index: number, changes: Parameters<typeof observation>[0]): Observation => {
    const address = `8.${index >> 8}.${index & 255}.7`;
    const country = SIX[Math.floor(index / MINORS.length) % SIX.length]!;
    return observation({ host: address, address, country, ...changes });
  };
  const printing = (minor: number): Parameters<typeof observation>[0] => ({
    verdict: {
      version: {
        gitVersion: `v1.${minor}.2`,
        major: 1,
        minor,
        patch: 2,
        source: 'version-endpoint',
        atLeast: null,
        below: null,
      },
      support: minor === 33 ? 'supported' : 'end-of-life',
    },
  });
  const kubelet = { component: 'kubelet', version: null, distribution: null, support: null } as const;
  return [
    ...Array.from({ length: count }, (_, index) => at(index, printing(MINORS[index % MINORS.length]!))),
    // Two on each host, so that hosts are not as many as endpoints.
    ...Array.from({ length: KUBELETS }, (_, index) =>
      at(1000 + (index >> 1), { port: index % 2 === 0 ? 10250 : 10255, verdict: kubelet }),
    ),
    ...Array.from({ length: KUBELETS }, (_, index) => at(2000 + index, silence)),
    at(3000, { ...printing(28), country: 'LI' }),
  ];
}

async function surveyed(t: Parameters<typeof startApi>[0], settings = {}): Promise<TestApi> {
  const api = await startApi(t, { settings: { publicAggregates: true, ...settings } });
  for (const [id, count, day] of [
    ['first', 60, 0],
    ['second', 90, 8],
  ] as const) {
    await countedSurvey(api, id, endpoints(count), new Date(NOW.getTime() + day * DAY));
    await keepSummary(api.database.db, id);
  }
  return api;
}

const PATHS = [
  ...PAGES.map((page, at) => (at === 0 ? '/' : `/${page.slug}`)),
  '/places?component=kube-apiserver',
  '/versions?country=DE',
  '/explore',
  '/explore?by=,&country=DE',
  '/session',
];

test('every page loads without a word on the console, fits the window, and has nothing that axe-core objects to', {
  skip,
}, async (t) => {
  const api = await surveyed(t);
  for (const [width, colorScheme] of [
    [1440, 'light'],
    [390, 'dark'],
  ] as const) {
    const browser = await openBrowser({ viewport: { width, height: 900 }, colorScheme, bypassCSP: true });
    try {
      const page = await browser.context.newPage();
      const said: string[] = [];
      page.on('console', (message) => said.push(message.text()));
      page.on('pageerror', (error) => said.push(error.message));
      for (const path of PATHS) {
        const answer = await page.goto(`${api.url}${path}`);
        assert.equal(answer?.status(), path === '/session' ? 401 : 200, path);
        assert.equal(
          await page.evaluate('document.documentElement.scrollWidth - innerWidth'),
          0,
          `${path} at ${width}`,
        );
        assert.deepEqual(await violations(page), [], `${path} at ${width}`);
      }
      assert.deepEqual(
        said.filter((line) => !line.includes('401')),
        [],
      );
    } finally {
      await browser.close();
    }
  }
});

test('filters work without scripts, by keyboard, and live in the address', { skip }, async (t) => {
  const api = await surveyed(t);
  const browser = await openBrowser({ javaScriptEnabled: false });
  try {
    const page = await browser.context.newPage();
    await page.goto(`${api.url}/explore`);
    assert.match(await page.title(), /Explore/);
    await page.selectOption('select[name=survey]', 'first');
    await page.locator('select[name=by]').nth(0).selectOption('minor');
    await page.locator('select[name=by]').nth(1).selectOption('');
    await page.locator('select[name=country]').selectOption('DE');
    await page.locator('button', { hasText: 'Count' }).focus();
    await page.keyboard.press('Enter');
    await page.waitForURL(/country=DE/);
    const url = new URL(page.url());
    assert.deepEqual([...url.searchParams].sort(), [
      ['by', 'minor'],
      ['country', 'DE'],
      ['survey', 'first'],
      ['unit', 'endpoint'],
    ]);
    const answer = (await (await api.get('/v1/stats?survey=first&by=minor&country=DE')).json()) as Counts;
    assert.deepEqual(await tableOf(page), rowsOf(answer, ['minor']));
    await page.goto(`${api.url}/places?survey=first`);
    assert.match((await page.locator('main').textContent()) ?? '', /first/);
  } finally {
    await browser.close();
  }
});

interface Counts {
  readonly data: readonly { readonly values: Readonly<Record<string, string | null>>; readonly count: number }[];
}

const rowsOf = (counts: Counts, dims: readonly string[]): string[][] =>
  counts.data.map(({ values, count }) => [...dims.map((dim) => values[dim] ?? '–'), String(count)]).sort();

/** The cells of the first table of the page, without its shares. */
async function tableOf(page: Page): Promise<string[][]> {
  const rows = await page.locator('table').first().locator('tbody tr').all();
  const cells = await Promise.all(rows.map((row) => row.locator('th, td').allTextContents()));
  return cells.map((row) => row.slice(0, -1)).sort();
}

test('versions by country are the same in the browser, by the API, in a CSV file and by SQL', { skip }, async (t) => {
  const api = await surveyed(t);
  const key = await api.key();
  const byApi = (await (await api.get('/v1/stats?survey=second&by=country,minor', key)).json()) as Counts;
  const expected = byApi.data
    .filter(({ values }) => values['country'] !== null && values['minor'] !== null)
    .map(({ values, count }) => `${values['country']} ${values['minor']} ${count}`)
    .sort();
  assert.equal(expected.length, COUNTRIES.length * MINORS.length + 1);

  const page = await api.get('/explore/data/counts.json?survey=second&by=country,minor', key);
  const table = (await page.json()) as { rows: (string | null)[][] };
  const shown = table.rows.filter(([country, minor]) => country !== null && minor !== null);
  assert.deepEqual(shown.map(([country, minor, count]) => `${country} ${minor} ${count}`).sort(), expected);

  const chunks: Uint8Array[] = [];
  const out = new Writable({ write: (chunk, _encoding, done) => done(void chunks.push(chunk)) });
  const request = {
    dataset: 'observations',
    format: 'csv',
    surveyId: 'second',
    since: null,
    out,
    at: NOW,
    codeVersion: 't',
  } as const;
  await exportDataset(request, api.database, new AbortController().signal);
  const lines = parse(Buffer.concat(chunks), { columns: true }) as Record<string, string>[];
  const counted = Map.groupBy(
    lines.filter((line) => line['country'] !== '' && line['minor'] !== ''),
    (line) => `${line['country']} ${line['minor']}`,
  );
  assert.deepEqual([...counted].map(([cell, all]) => `${cell} ${all.length}`).sort(), expected);

  await placeViews(api.database.db);
  const { rows } = await sql<{ cell: string }>`
    select country || ' ' || minor || ' ' || count(*) as cell from census_observations
    where survey = 'second' and country is not null and minor is not null group by country, minor`.execute(
    api.database.db,
  );
  assert.deepEqual(rows.map((row) => row.cell).sort(), expected);

  const browser = await openBrowser({ extraHTTPHeaders: { authorization: `Bearer ${key}` } });
  try {
    const visited = await browser.context.newPage();
    await visited.goto(`${api.url}/explore?survey=second&by=minor&country=DE`);
    const wanted = expected.filter((cell) => cell.startsWith('DE ')).map((cell) => cell.split(' ').slice(1));
    const observed = (await tableOf(visited)).filter(([minor]) => minor !== '–');
    assert.deepEqual(observed, wanted);
  } finally {
    await browser.close();
  }
});

test('a page is filtered by what the kept counts answer, without scripts, and says the same as the API', {
  skip,
}, async (t) => {
  const api = await surveyed(t);
  const browser = await openBrowser({ javaScriptEnabled: false });
  try {
    const page = await browser.context.newPage();
    await page.goto(`${api.url}/versions?survey=second`);
    await page.selectOption('select[name=only]', 'country:US');
    await page.locator('button', { hasText: 'Show' }).click();
    await page.waitForURL(/country=US/);
    assert.deepEqual(
      [...new URL(page.url()).searchParams].sort(),
      [
        ['country', 'US'],
        ['survey', 'second'],
      ],
      'the address names the dimension, and not the field of the form',
    );
    assert.equal(await page.locator('select[name=only]').inputValue(), 'country:US');
    assert.match(
      (await page.locator('.lead').textContent()) ?? '',
      /United States.*Not counted by country: version string/,
    );
    const byMinor = (await (await api.get('/v1/stats?survey=second&by=minor&country=US')).json()) as Counts;
    const file = await api.get('/versions/data/by-minor.json?survey=second&country=US');
    const { rows } = (await file.json()) as { rows: (string | number | null)[][] };
    assert.deepEqual(rows.map(([minor, count]) => [minor ?? '–', String(count)]).sort(), rowsOf(byMinor, ['minor']));
    assert.ok(rows.length > 1);

    const groups = await page.locator('select[name=only] optgroup').all();
    const offered = await Promise.all(groups.map((group) => group.getAttribute('label')));
    assert.deepEqual(offered, ['component', 'distribution', 'country'], 'what nothing is kept by is not offered');
    await page.goto(`${api.url}/series`);
    assert.equal(await page.locator('select[name=only]').count(), 0);
  } finally {
    await browser.close();
  }
});

test('a filter that a page cannot answer is counted elsewhere, and is in no file of the page', async (t) => {
  const api = await surveyed(t);
  const answer = await api.get('/places?port=6443&survey=first', null, { redirect: 'manual' });
  assert.equal(answer.status, 303);
  assert.equal(answer.headers.get('location'), '/explore?survey=first&by=country&port=6443');
  assert.equal((await api.get('/places/data/countries.csv?port=6443')).status, 422);
  assert.equal((await api.get('/versions?country=Germany')).status, 400);
  const unfiltered = await api.get('/versions?only=&survey=first', null, { redirect: 'manual' });
  assert.equal(unfiltered.headers.get('location'), '/versions?survey=first');
});

test('every number that is a link leads to the page whose number it is, and that page leads back', {
  skip,
}, async (t) => {
  const api = await surveyed(t);
  const browser = await openBrowser({ javaScriptEnabled: false });
  try {
    const page = await browser.context.newPage();
    for (const path of [
      '/places',
      '/components',
      '/versions',
      '/authentication',
      '/distributions?component=kube-apiserver',
    ]) {
      await page.goto(`${api.url}${path}`);
      const links = await page.locator('td.number a').all();
      assert.ok(links.length > 0, path);
      const cells = await Promise.all(
        links.map(async (a) => [await a.getAttribute('href'), await a.textContent()] as const),
      );
      for (const [href, said] of new Map(cells)) {
        const answer = await page.goto(`${api.url}${href}`);
        assert.equal(answer?.status(), 200, String(href));
        const [number] = await page.locator('.tile .value').allTextContents();
        assert.equal(number?.split(' ')[0], said, String(href));
        // Methods have no page of their own.
        const back = await page
          .locator('.links a', { hasText: /^(Places|Components|Versions|Authentication|Distributions)/ })
          .count();
        assert.ok(back > 0 || String(href).includes('method='), `${href} leads back`);
      }
    }
  } finally {
    await browser.close();
  }
});

test('names of countries, minors and components lead to what is behind them; sums over components only where all may be asked', async (t) => {
  const api = await surveyed(t);
  const key = await api.key();
  const links = async (path: string, by: string | null): Promise<string[]> =>
    [...(await (await api.get(path, by)).text()).matchAll(/href="(\/explore\?[^"]+)"/g)].map(([, href]) =>
      href!.replaceAll('&amp;', '&'),
    );
  for (const [path, wanted] of [
    ['/places', '/explore?survey=second&by=component&country=DE'],
    ['/versions', '/explore?survey=second&by=distribution&minor=1.33'],
    ['/components', '/explore?survey=second&by=country&component=kubelet'],
  ] as const)
    assert.ok((await links(path, null)).includes(wanted), `${path} has ${wanted}`);
  const isSum = (href: string) => href.includes('component=kube-apiserver%2Ckubelet');
  assert.ok(!(await links('/places', null)).some(isSum));
  const sums = (await links('/places', key)).filter((href) => isSum(href) && href.includes('country=DE'));
  assert.ok(sums.length > 0);
  const counted = await (await api.get(sums[0]!.replace('/explore', '/explore/data/counts.json'), key)).json();
  const { rows } = (await (await api.get('/places/data/countries.json', key)).json()) as { rows: unknown[][] };
  assert.equal(
    (counted as typeof rows & { rows: unknown[][] }).rows[0]?.[0],
    rows.find(([, code]) => code === 'DE')?.[2],
  );
});

test('what is asked and not published is answered with a page that says what is', async (t) => {
  const api = await surveyed(t);
  const answer = await api.get('/explore?by=country&distribution=vanilla');
  assert.equal(answer.status, 403);
  const text = await answer.text();
  assert.match(text, /this is not published/);
  assert.match(text, /Two: .*country and minor/);
  const twice = await api.get('/explore?by=minor&by=minor&unit=endpoint', null, { redirect: 'manual' });
  assert.equal(twice.headers.get('location'), '/explore?by=minor&unit=endpoint');
});

test('strings of strangers do not run and do not break out of a page', { skip }, async (t) => {
  const api = await startApi(t, { settings: { publicAggregates: true } });
  const observations = HOSTILE.filter((text) => !text.includes('\u0000') && text.isWellFormed()).flatMap((text, kind) =>
    Array.from({ length: 12 }, (_, at) =>
      observation({
        host: `8.${kind}.${at}.1`,
        address: `8.${kind}.${at}.1`,
        verdict: {
          version: {
            gitVersion: text,
            major: 1,
            minor: 30,
            patch: 1,
            source: 'version-endpoint',
            atLeast: null,
            below: null,
          },
        },
      }),
    ),
  );
  await countedSurvey(api, 'hostile', observations);
  const browser = await openBrowser();
  try {
    const page = await browser.context.newPage();
    let ran = false;
    page.on('dialog', (dialog) => {
      ran = true;
      void dialog.dismiss();
    });
    for (const path of ['/versions', '/explore?by=version']) {
      await page.goto(`${api.url}${path}`);
      assert.ok((await page.locator('code', { hasText: 'alert(1)' }).count()) > 0, `${path} shows them`);
      assert.equal(await page.locator('main script, main img').count(), 0);
    }
    assert.equal(ran, false);
  } finally {
    await browser.close();
  }
});

test('pages forbid scripts and strangers by their policy, and are kept only where they are the same for all', async (t) => {
  const api = await surveyed(t);
  const open = await api.get('/versions');
  assert.match(
    open.headers.get('content-security-policy') ?? '',
    /^default-src 'none'; style-src 'self'; .*frame-ancestors 'none'$/,
  );
  assert.match(open.headers.get('cache-control') ?? '', /^public/);
  assert.doesNotMatch(await open.text(), /<script| style="| on[a-z]+="/);
  const signedIn = await api.get('/versions', await api.key());
  assert.match(signedIn.headers.get('cache-control') ?? '', /^private/);
  // A page that nobody reads to its end keeps its connection, and the server waits for that.
  await signedIn.text();
});

test('without a key small cells are on no page and in no file of one; with a key they are', async (t) => {
  const api = await surveyed(t);
  const key = await api.key();
  for (const path of [
    '/places',
    '/places/data/country-components.csv',
    '/places/figures/map.svg',
    '/explore?by=country',
  ]) {
    assert.doesNotMatch(await (await api.get(path)).text(), /Liechtenstein|"LI"|,LI,/, path);
    if (path !== '/places/figures/map.svg')
      assert.match(await (await api.get(path, key)).text(), /Liechtenstein/, path);
  }
  const refused = await api.get('/explore?by=country,asn');
  assert.equal(refused.status, 403);
});

test('an installation that publishes nothing shows the way in; a key opens it until it is revoked', async (t) => {
  const api = await surveyed(t, { publicAggregates: false });
  for (const path of ['/', '/versions', '/explore', '/versions/data/minors.csv', '/endpoint']) {
    const answer = await api.get(path);
    assert.equal(answer.status, 401, path);
    assert.match(await answer.text(), /Sign in/);
  }
  const key = await api.key(['aggregate:read', 'host:read'], ['8.0.0.0/16']);
  const form = (text: string) =>
    api.get('/session', null, {
      method: 'POST',
      redirect: 'manual',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ key: text }).toString(),
    });
  assert.equal((await form(`${key.slice(0, -1)}x`)).status, 401);
  const signed = await form(key);
  assert.equal(signed.status, 303);
  const cookie = signed.headers.get('set-cookie') ?? '';
  assert.match(cookie, /HttpOnly; SameSite=Strict/);
  const headers = { cookie: cookie.split(';')[0]! };
  assert.equal((await api.get('/versions', null, { headers })).status, 200);
  assert.equal((await api.get('/v1/stats', null, { headers })).status, 401, 'the API does not read cookies');
  const history = await api.get('/endpoint?address=8.0.3.7&port=6443', null, { headers });
  assert.match(await history.text(), /2<\/[^>]*> observations|2 observations/);
  assert.equal((await api.get('/endpoint?address=9.9.9.9&port=6443', null, { headers })).status, 403);
  await sql`update api_key set revoked_at = ${NOW}`.execute(api.database.db);
  assert.equal((await api.get('/versions', null, { headers })).status, 401);
});

test('a blank field of a form is no condition, and nothing to count by is one number', async (t) => {
  const api = await surveyed(t);
  const blank = await api.get('/explore?by=&by=&unit=endpoint&country=', null, { redirect: 'manual' });
  assert.equal(blank.status, 303);
  const counted = await api.get(blank.headers.get('location') ?? '');
  assert.equal(counted.status, 200);
  assert.match(await counted.text(), /Endpoints in all/);
});

test('tables and pictures that a page does not have are not found', async (t) => {
  const api = await surveyed(t);
  for (const path of ['/versions/data/none.csv', '/versions/figures/minors.csv', '/versions/data/minors.svg', '/none'])
    assert.equal((await api.get(path)).status, 404, path);
  assert.equal((await api.get('/versions?survey=none')).status, 404);
});
