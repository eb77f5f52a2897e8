// kubecensus demo: the main job on the embedded database and an internet on loopback, from feeds to the report.
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ApiKey } from '../api/keys/api-key.ts';
import { apiServer, listen } from '../api-server.ts';
import { differences } from '../lab/compare.ts';
import { type Lab, startLab } from '../lab/process.ts';
import { expectedEndpoints } from '../lab/truth.ts';
import { observedEndpoints } from '../observations/observation.store.ts';
import type { Parts } from '../parts.ts';
import { makeReport } from '../reports/report.job.ts';
import { storeReport } from '../schedules/delivery.store.ts';
import { beginSurvey, surveyDefaults } from '../survey-request.ts';
import { PORTS } from '../surveys/ports.ts';
import { surveyId } from '../surveys/survey.ts';
import { type Command, EXIT, type ExitCode, type Session, textOption } from './command.ts';
import { labAsInternet, labFeeds, pullLabFeeds } from './lab-internet.ts';
import { waitForSurvey } from './survey.ts';

const HOSTS = 2000;
const SEED = 'kubecensus-demo';
export const demoCommand: Command = {
  usage: 'demo',
  help: 'the whole path on this machine: an internet on loopback, feeds, a survey, the report; then serves the dashboard',
  options: [
    { flags: '--once', help: 'exit after the report' },
    { flags: '--listen <address>', help: 'where the dashboard listens, as 127.0.0.1:8650', setting: 'api.listen' },
    { flags: '--hosts <n>', help: `hosts of the lab (default: ${HOSTS})` },
    { flags: '--seed <text>', help: `seed of the lab (default: ${SEED})` },
  ],
  run: async (session, _args, options) => {
    const started = performance.now();
    session.say('An internet on loopback starts: no packet leaves this machine.');
    const lab = await startLab({
      seed: textOption(options, 'seed') ?? SEED,
      hosts: Number(textOption(options, 'hosts') ?? HOSTS),
      now: new Date(),
    });
    try {
      const parts = await session.open(labAsInternet(session.config, lab));
      await pullLabFeeds(parts, lab, session.signal, (run) => {
        session.say(
          `feed ${run.feed}: ${run.read} read, ${run.accepted} accepted, ${run.duplicate} duplicate, ${run.rejected} rejected (${run.state})`,
        );
      });
      const passive = await surveyLab('passive', parts, { ...session, out: async () => {} });
      if (passive.code !== EXIT.done) return passive.code;
      const { code, id } = await surveyLab('active', parts, session);
      if (code !== EXIT.done) return code;
      session.say(await comparison(parts, lab, id));
      const made = await report(parts);
      await session.out(await summary(made.files.directory, (performance.now() - started) / 1000));
      if (options['once'] !== true) await serve(parts, session);
      return code;
    } finally {
      await lab.close();
    }
  },
};

/** One survey of every port of the component table, waited for. */
async function surveyLab(
  method: 'active' | 'passive',
  parts: Parts,
  session: Session,
): Promise<{ code: ExitCode; id: string }> {
  const id = surveyId(parts.now(), Math.random);
  await beginSurvey({ ...surveyDefaults(parts.config), id, method, feeds: labFeeds(parts), ports: ALL_PORTS }, parts);
  return { code: await waitForSurvey(id, parts, session), id };
}

const ALL_PORTS = PORTS.map((plan) => plan.port);

/** The survey against what the lab really runs. */
async function comparison(parts: Parts, lab: Lab, id: string): Promise<string> {
  const observed = await observedEndpoints(parts.db, id);
  const lines = differences(expectedEndpoints(lab.world, { ports: ALL_PORTS }), observed);
  const verdict =
    lines.length === 0
      ? 'every one as the lab runs it'
      : `${lines.length} differences from what the lab runs:\n${lines.slice(0, 20).join('\n')}`;
  return `Compared with the lab's plan: ${observed.length} endpoints, ${verdict}.`;
}

async function report(parts: Parts) {
  const id = `r-demo-${parts.now().toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-')}`;
  const request = {
    id,
    name: 'headline',
    surveyId: null,
    compareId: null,
    owner: null,
    out: null,
    formats: ['html', 'markdown', 'json'] as const,
  };
  const made = await makeReport(request, { ...parts, dataDir: parts.config.dataDir });
  await storeReport(
    parts.db,
    { id, name: 'headline', surveyId: made.surveyId, manifest: made.manifest },
    { scheduleId: null, destinations: [] },
    parts.now(),
  );
  return made;
}

async function summary(directory: string, seconds: number): Promise<string> {
  const markdown = await readFile(join(directory, 'report.md'), 'utf8');
  return `${markdown}\nThe report is in ${directory} (open index.html; data/ and figures/ hold its tables and pictures). ${seconds.toFixed(0)} s in all.\n`;
}

/** Everybody may see the lab whole: its few networks would be withheld from the public view. */
const GUEST: ApiKey = {
  id: 0,
  prefix: 'demo',
  name: 'demo',
  scopes: ['aggregate:read', 'host:read'],
  networks: ['127.0.0.0/8'],
};

/** Serves the dashboard on loopback until stopped: everything in it is the lab's, so that no key is asked for. */
async function serve(parts: Parts, session: Session): Promise<void> {
  const api = await apiServer(parts, GUEST);
  try {
    const url = await listen(api, parts.config['api.listen']);
    session.say(`The dashboard is at ${url}/ until you press Ctrl-C.`);
    if (!session.signal.aborted) await once(session.signal, 'abort');
  } finally {
    await api.close();
  }
}
