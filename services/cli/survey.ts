// kubecensus survey: one survey, waited for; ends with the headline counts and the survey's id.
import { setTimeout as sleep } from 'node:timers/promises';
import { lastRuns } from '../feeds/feed-run.store.ts';
import { rollUpContext } from '../jobs.ts';
import type { Parts } from '../parts.ts';
import { KubecensusError } from '../platform/errors.ts';
import { startParts } from '../roles.ts';
import { rollUp } from '../rollups/rollup.job.ts';
import { beginSurvey, seenFrom, surveyDefaults } from '../survey-request.ts';
import { endRequested, requestEnd } from '../surveys/early-end.store.ts';
import { type Pause, pauseText, readPause } from '../surveys/pause.store.ts';
import { DEFAULT_PORTS, PORTS } from '../surveys/ports.ts';
import { listSurveys, type SurveyRow } from '../surveys/survey.store.ts';
import { surveyId } from '../surveys/survey.ts';
import { waitingSurveys } from '../surveys/worker.store.ts';
import { type Command, EXIT, type ExitCode, listOption, type Options, type Session, textOption } from './command.ts';
import { headlineText } from './headline-text.ts';
import { progressBar } from './progress.ts';
import { formatRows } from './rows.ts';

/** How often progress is read from Postgres. */
const POLL_MS = 300;
/** A worker of a vantage may only just have been started. */
const POLLS_UNTIL_SAID = 20;

export const surveyCommand: Command = {
  usage: 'survey',
  help: 'survey the candidates once and wait for it; Ctrl-C stops it, and what was observed stays',
  options: [
    { flags: '--feed <name...>', help: 'only candidates of these feeds (default: all)' },
    {
      flags: '--scope <cidr...>',
      help: 'networks that may be probed; lab:127.0.0.0/8 for a lab on loopback',
      setting: 'scope',
    },
    { flags: '--passive', help: 'judge the evidence that feeds gave, without sending a packet' },
    { flags: '--sample <p>', help: 'draw this share of the candidates (0 to 1), reproducibly by seed' },
    { flags: '--seed <text>', help: 'seed of order and sample (default: kubecensus)' },
    { flags: '--vantage <name>', help: 'where probes of this process leave from', setting: 'vantage' },
    {
      flags: '--vantages <list>',
      help: 'vantages that each visit every target, comma-separated; workers of the others must run (default: this one)',
      setting: 'vantages',
    },
    { flags: '--rate <n>', help: 'new connections per second over all targets', setting: 'rate' },
    {
      flags: '--ports <list>',
      help: `ports of candidates that name none, and no others (default: ${DEFAULT_PORTS.join(',')}, and what candidates name)`,
      setting: 'ports',
    },
    { flags: '--all-ports', help: `every port of the component table: ${PORTS.map((plan) => plan.port).join(', ')}` },
    {
      flags: '--first-pass <kind>',
      help: '"certificate": read certificates first, and ask only hosts where these speak of Kubernetes (default: none)',
    },
    {
      flags: '--client-cas',
      help: 'dial hosts that hide their version once more, for the authorities that they accept',
    },
    {
      flags: '--without-probing-file <reason>',
      help: 'begin a survey of the internet although no probing.txt is served; manifest and reports repeat the reason',
    },
    { flags: '--detach', help: 'begin it, print its id and leave it to the processes of `kubecensus start`' },
    { flags: '--resume <survey>', help: 'go on with a survey whose process died' },
  ],
  run: async (session, _args, options) => {
    const parts = await session.open();
    const resumed = textOption(options, 'resume');
    const isLeft = options['detach'] === true;
    if (isLeft && resumed !== null)
      throw new KubecensusError(
        'KC_USAGE',
        '--resume waits for a survey, --detach leaves one alone: give one of them.',
      );
    const id = resumed ?? (await begin(parts, session, options));
    if (isLeft) {
      await session.out(formatRows([{ survey: id }], session.format));
      return EXIT.done;
    }
    return waitForSurvey(id, parts, session);
  },
};

async function begin(parts: Parts, session: Session, options: Options): Promise<string> {
  const sample = textOption(options, 'sample');
  if (sample !== null && !(Number(sample) > 0 && Number(sample) <= 1))
    throw new KubecensusError('KC_USAGE', '--sample is a share above 0 and at most 1.');
  const feeds = listOption(options, 'feed');
  const known = new Set((await lastRuns(parts.db)).map((run) => run.feed));
  const unknown = feeds.filter((feed) => !known.has(feed));
  if (unknown.length > 0)
    throw new KubecensusError('KC_FEED_UNKNOWN', `No feed named ${unknown.join(', ')} has run yet.`);
  const id = surveyId(parts.now(), Math.random);
  const firstPass = textOption(options, 'firstPass') ?? 'none';
  if (firstPass !== 'none' && firstPass !== 'certificate')
    throw new KubecensusError('KC_USAGE', '--first-pass is "certificate" or "none".');
  const clientCas = options['clientCas'] === true;
  if (options['passive'] === true && (clientCas || firstPass !== 'none' || options['vantages'] !== undefined))
    throw new KubecensusError(
      'KC_USAGE',
      'A passive survey dials nobody: leave --first-pass, --client-cas and --vantages out.',
    );
  const isPassive = options['passive'] === true;
  const plan = {
    ...surveyDefaults(session.config),
    // Evidence of feeds is read once, wherever that is done.
    ...(isPassive ? seenFrom([session.config.vantage], session.config) : {}),
    id,
    method: isPassive ? ('passive' as const) : ('active' as const),
    seed: textOption(options, 'seed') ?? surveyDefaults(session.config).seed,
    sample: sample === null ? null : Number(sample),
    feeds,
    ports: options['allPorts'] === true ? PORTS.map((port) => port.port) : session.config.ports,
    portsOnly: options['ports'] !== undefined,
    firstPass: firstPass as 'none' | 'certificate',
    clientCas,
  };
  await beginSurvey(plan, parts, { withoutProbingFile: textOption(options, 'withoutProbingFile') });
  return id;
}

/** Runs workers and scheduler in this process until the survey has ended; other processes of the same database help. */
export async function waitForSurvey(id: string, parts: Parts, session: Session): Promise<ExitCode> {
  const stop = await startParts(['worker', 'scheduler'], parts);
  const bar = progressBar(session, `survey ${id}`);
  let survey = await readSurvey(parts, id);
  let polls = 0;
  let pause: Pause | null = null;
  try {
    while (survey.rolledUpAt === null && !session.signal.aborted) {
      const waits = (await waitingSurveys(parts.db)).get(id) ?? [];
      polls = waits.length === 0 ? 0 : polls + 1;
      if (polls === POLLS_UNTIL_SAID)
        session.say(
          `Waits for a worker of the vantage ${waits.join(', ')}: \`kubecensus start --role worker --vantage NAME\`.`,
        );
      bar.update(
        survey.state === 'planning' ? 0 : survey.committed,
        survey.chunks,
        `${survey.state}, ${survey.targets} targets`,
      );
      await sleep(POLL_MS);
      survey = await readSurvey(parts, id);
      pause = sayPause(await readPause(parts.db), pause, session);
    }
  } finally {
    bar.stop(survey.committed, survey.chunks);
    await stop();
  }
  if (survey.rolledUpAt === null) {
    await requestEnd(parts.db, id, parts.now());
    survey = await countEnded(id, parts);
  }
  sayWhatIsMissing(survey, session);
  await session.out(await headlineText(parts.db, survey, session.format));
  return survey.state === 'complete' && survey.quarantined === 0 ? EXIT.done : EXIT.partial;
}

/** Waits until a survey has ended whose end was asked for, and counts what was observed; the rest is never asked. */
export async function countEnded(id: string, parts: Parts): Promise<SurveyRow> {
  for (;;) {
    await endRequested(parts.db, parts.now());
    const survey = await readSurvey(parts, id);
    if (survey.finishedAt !== null) break;
    await sleep(POLL_MS);
  }
  await rollUp(id, rollUpContext(parts));
  return readSurvey(parts, id);
}

/** Whoever waits is told once why nothing goes on. */
function sayPause(now: Pause | null, before: Pause | null, session: Session): Pause | null {
  if (now !== null && before === null) session.say(`${pauseText(now)} \`kubecensus resume\` goes on.`);
  return now;
}

/** A survey of nothing, or of less than somebody may think, says so. */
function sayWhatIsMissing(survey: SurveyRow, session: Session): void {
  const left = Object.entries(survey.excludedBy).map(([reason, count]) => `${reason} ${count}`);
  if (left.length > 0) session.say(`Candidates that were left out: ${left.join(', ')}.`);
  if (survey.targets === 0 && survey.state === 'complete')
    session.say('There was nothing to survey: no candidate is in this scope.');
  if (survey.flags.length > 0)
    session.say(`${survey.flags.join(', ')}: \`kubecensus surveys show ${survey.id}\` says what and why.`);
}

async function readSurvey(parts: Parts, id: string): Promise<SurveyRow> {
  // A transaction outlives a lost connection: the embedded server may be started again under us.
  const [survey] = await parts.database.transaction((tx) => listSurveys(tx, id));
  if (survey === undefined) throw new KubecensusError('KC_NO_SURVEY', `There is no survey ${id}.`);
  return survey;
}
