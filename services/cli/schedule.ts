// kubecensus schedule: reports, surveys and feeds on a cron expression, with deliveries.
import { nextFire } from '../platform/cron.ts';
import { KubecensusError } from '../platform/errors.ts';
import { isDestination } from '../reports/delivery/index.ts';
import { isReportName, REPORTS } from '../reports/index.ts';
import { fireContext } from '../roles.ts';
import { deliverDue } from '../schedules/deliver.job.ts';
import { fireId, runFire } from '../schedules/fire.job.ts';
import { addSchedule, claimNow, listSchedules, removeSchedule } from '../schedules/schedule.store.ts';
import type { ScheduleSpec } from '../schedules/schedule.ts';
import { type Command, EXIT, listOption, type Options, textOption } from './command.ts';
import { formatRows } from './rows.ts';

export const scheduleAddCommand: Command = {
  usage: 'schedule add',
  help: 'add a schedule; it fires while `kubecensus start` runs, and a missed fire runs once after a restart',
  options: [
    { flags: '--name <name>', help: 'name of the schedule (default: what it runs)' },
    { flags: '--report <name>', help: `write a report on the newest survey: ${Object.keys(REPORTS).join(', ')}` },
    { flags: '--survey', help: 'start a survey of the configured scope' },
    { flags: '--feed <name...>', help: 'pull this declared feed; with --survey: only candidates of these feeds' },
    {
      flags: '--cron <expression>',
      help: 'five fields in UTC: minute hour day-of-month month day-of-week (both days must match)',
    },
    { flags: '--to <destination...>', help: 'where the report goes: dir:PATH' },
  ],
  run: async (session, _args, options) => {
    const spec = specOf(options);
    const cron = textOption(options, 'cron');
    if (cron === null) throw new KubecensusError('KC_SCHEDULE', 'A schedule needs --cron.');
    const destinations = listOption(options, 'to');
    const unknown = destinations.filter((destination) => !isDestination(destination));
    if (unknown.length > 0)
      throw new KubecensusError('KC_SCHEDULE', `Reports are delivered to dir:PATH, not to ${unknown.join(', ')}.`);
    if (spec.kind === 'report' && destinations.length === 0)
      throw new KubecensusError('KC_SCHEDULE', 'A scheduled report needs a destination: --to dir:PATH.');
    if (spec.kind !== 'report' && destinations.length > 0)
      throw new KubecensusError('KC_SCHEDULE', '--to goes with --report.');
    const nextDueAt = nextFire(cron, new Date());
    const name = textOption(options, 'name') ?? defaultName(spec);
    if (!/^[a-z0-9][a-z0-9-]{0,62}$/.test(name))
      throw new KubecensusError('KC_SCHEDULE', 'A schedule is named with lower-case letters, digits and hyphens.');
    const parts = await session.open();
    if (spec.kind === 'feed') parts.declaredFeed(spec.feed);
    await addSchedule(parts.db, { name, spec, cron, destinations, nextDueAt }, parts.now());
    await session.out(formatRows([{ schedule: name, cron, nextDueAt }], session.format));
    return EXIT.done;
  },
};

function specOf(options: Options): ScheduleSpec {
  const report = textOption(options, 'report');
  const feeds = listOption(options, 'feed');
  if (report !== null && options['survey'] === undefined && feeds.length === 0) {
    if (!isReportName(report))
      throw new KubecensusError(
        'KC_SCHEDULE',
        `There is no report named ${report}; there are: ${Object.keys(REPORTS).join(', ')}.`,
      );
    return { kind: 'report', report };
  }
  if (options['survey'] === true && report === null) return { kind: 'survey', feeds };
  if (report === null && feeds.length === 1) return { kind: 'feed', feed: feeds[0] as string };
  throw new KubecensusError('KC_SCHEDULE', 'A schedule runs one thing: --report NAME, --survey, or --feed NAME.');
}

const defaultName = (spec: ScheduleSpec): string =>
  (spec.kind === 'report' ? spec.report : spec.kind === 'feed' ? `feed-${spec.feed}` : 'survey').toLowerCase();

export const scheduleListCommand: Command = {
  usage: 'schedule list',
  isDefault: true,
  help: 'list schedules with their last and next fire',
  run: async (session) => {
    const parts = await session.open();
    const rows = (await listSchedules(parts.db)).map((schedule) => ({
      schedule: schedule.name,
      runs: Object.values(schedule.spec).flat().join(' '),
      cron: schedule.cron,
      nextDueAt: schedule.nextDueAt,
      lastFireAt: schedule.lastFireAt,
      lastFailure: schedule.lastFailure,
      delivered: schedule.delivered,
      undelivered: schedule.undelivered,
      destinations: schedule.destinations,
    }));
    await session.out(formatRows(rows, session.format));
    return EXIT.done;
  },
};

export const scheduleRemoveCommand: Command = {
  usage: 'schedule remove <name>',
  help: 'remove a schedule',
  printsRows: false,
  run: async (session, [name]) => {
    const parts = await session.open();
    if (!(await removeSchedule(parts.db, name as string)))
      throw new KubecensusError('KC_SCHEDULE', `There is no schedule named ${name}.`);
    session.say(`Removed ${name}.`);
    return EXIT.done;
  },
};

export const scheduleRunCommand: Command = {
  usage: 'schedule run <name>',
  help: 'fire a schedule now, without changing when it is due',
  run: async (session, [name]) => {
    const parts = await session.open();
    const fire = await claimNow(parts.db, name as string, parts.now());
    if (fire === null) throw new KubecensusError('KC_SCHEDULE', `There is no schedule named ${name}.`);
    const failure = await runFire(fire, fireContext(parts));
    await deliverDue({ ...parts, dataDir: parts.config.dataDir });
    await session.out(formatRows([{ schedule: name as string, fire: fireId('fire', fire), failure }], session.format));
    return failure === null ? EXIT.done : EXIT.failed;
  },
};
