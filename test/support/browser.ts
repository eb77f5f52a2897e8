// The system's Chromium for tests of pages; nothing is downloaded.
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, type BrowserContextOptions, chromium, type Page } from 'playwright-core';

const CHROMIUM = '/usr/bin/chromium';
const QUIET = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
const AXE = readFileSync(new URL(import.meta.resolve('axe-core/axe.min.js')), 'utf8');

/** False where there is a browser, else why the tests that need one are skipped. On a build server (CI=true) a missing one is a failure instead. */
export function browserMissing(): string | false {
  if (existsSync(CHROMIUM)) return false;
  if (process.env['CI'] === 'true') throw new Error(`there is no ${CHROMIUM}, and CI=true skips nothing`);
  return `there is no ${CHROMIUM}`;
}

export interface TestBrowser {
  readonly context: BrowserContext;
  close(): Promise<void>;
}

/** A browser with a profile of its own. The caller closes it. */
export async function openBrowser(options: BrowserContextOptions = {}): Promise<TestBrowser> {
  const home = await mkdtemp(join(tmpdir(), 'kubecensus-browser-'));
  const context = await chromium.launchPersistentContext(join(home, 'profile'), {
    executablePath: CHROMIUM,
    headless: true,
    args: QUIET,
    ...options,
  });
  return {
    context,
    close: async () => {
      await context.close();
      await rm(home, { recursive: true, force: true });
    },
  };
}

/** What axe-core has against the page: rule and first element of each violation. Needs a context that bypasses the page's policy. */
export async function violations(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  return page.evaluate(
    `axe.run().then((found) => found.violations.map((one) => one.id + ': ' + one.nodes[0].html.slice(0, 200)))`,
  );
}
