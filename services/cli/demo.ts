// kubecensus demo: the main job on the embedded database and an internet on loopback, from feeds to the report.
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { startLab } from '../lab/process.ts';
import type { Parts } from '../parts.ts';
import { makeReport } from '../reports/report.job.ts';
import { PORTS } from '../surveys/ports.ts';
import { surveyId } from '../surveys/survey.ts';
import { beginSurvey, surveyDefaults } from '../survey-request.ts';
import { type Command, EXIT, type ExitCode, type Session, textOption } from './command.ts';
import { labAsInternet, pullLabFeeds } from './lab-internet.ts';
import { waitForSurvey } from './survey.ts';
import { storeReport } from '../schedules/delivery.store.ts';

const HOSTS = 2000;
const SEED = 'kubecensus-demo';
export const demoCommand: Command = {
  usage: 'demo',
  help: 'the whole path on this machine: an internet on loopback, feeds, a survey, the report; then serves the report',
  options: [
    { flags: '--once', help: 'exit after the report' },
    { flags: '--hosts <n>', help: `hosts of the lab (default: ${HOSTS})` },
    { flags: '--seed <text>', help: `seed of the lab (default: ${SEED})` },
  ],
  run: async (session, _args, options) => {
    const started = performance.now();
    session.say('An internet on loopback starts: no packet leaves this machine.');
    const lab = await startLab({ seed: textOption(options, 'seed') ?? SEED, hosts: Number(textOption(options, 'hosts') ?? HOSTS), now: new Date() });
    try {
      const parts = await session.open(labAsInternet(session.config, lab));
      await pullLabFeeds(parts, lab, session.signal, (run) => {
        session.say(`feed ${run.feed}: ${run.read} read, ${run.accepted} accepted, ${run.duplicate} duplicate, ${run.rejected} rejected (${run.state})`);
      });
      const code = await surveyLab(parts, session);
      if (session.signal.aborted) return code;
      const made = await report(parts);
      await session.out(await summary(made.files.directory, (performance.now() - started) / 1000));
      if (options['once'] !== true) await serve(join(made.files.directory, 'index.html'), session);
      return code;
    } finally {
      await lab.close();
    }
  },
};

/** First what the engine's evidence says without a packet, then the active survey of every port of the table. */
async function surveyLab(parts: Parts, session: Session): Promise<ExitCode> {
  const quiet = { ...session, out: async () => {} };
  for (const method of ['passive', 'active'] as const) {
    const id = surveyId(parts.now(), Math.random);
    await beginSurvey({ ...surveyDefaults(parts.config), id, method, feeds: [], ports: PORTS.map((plan) => plan.port) }, parts);
    const code = await waitForSurvey(id, parts, method === 'passive' ? quiet : session);
    if (code !== EXIT.done) return code;
  }
  return EXIT.done;
}

async function report(parts: Parts) {
  const id = `r-demo-${parts.now().toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-')}`;
  const request = { id, name: 'headline', surveyId: null, compareId: null, out: null, formats: ['html', 'markdown', 'json'] as const };
  const made = await makeReport(request, { ...parts, dataDir: parts.config.dataDir });
  await storeReport(parts.db, { id, name: 'headline', surveyId: made.surveyId, manifest: made.manifest }, { scheduleId: null, destinations: [] }, parts.now());
  return made;
}

async function summary(directory: string, seconds: number): Promise<string> {
  const markdown = await readFile(join(directory, 'report.md'), 'utf8');
  return `${markdown}\nThe report is in ${directory} (open index.html; data/ and figures/ hold its tables and pictures). ${seconds.toFixed(0)} s in all.\n`;
}

/** Serves the report's page on loopback until stopped. */
async function serve(page: string, session: Session): Promise<void> {
  const directory = join(page, '..');
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://localhost').pathname;
    const file = /^\/(data\/[\w-]+\.csv|figures\/[\w-]+\.svg|[\w-]+\.(?:md|json|html))$/.exec(path)?.[1] ?? (path === '/' ? 'index.html' : null);
    if (file === null) return void response.writeHead(404).end();
    readFile(join(directory, file)).then(
      (body) => response.writeHead(200, { 'content-type': TYPES[file.split('.').at(-1) as string] ?? 'text/plain; charset=utf-8' }).end(body),
      () => response.writeHead(404).end(),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  session.say(`The report is served at http://127.0.0.1:${(server.address() as { port: number }).port}/ until you press Ctrl-C.`);
  if (!session.signal.aborted) await once(session.signal, 'abort');
  server.close();
}

const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  csv: 'text/csv; charset=utf-8',
  svg: 'image/svg+xml',
  json: 'application/json',
};
