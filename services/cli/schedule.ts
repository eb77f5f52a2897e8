// kubecensus schedule: reports, surveys and feeds on a cron expression, with deliveries.
import { missingFor } from '../deliveries.ts';
import type { Parts } from '../parts.ts';
import { nextFire } from '../platform/cron.ts';
import { KubecensusError } from '../platform/errors.ts';
import { DESTINATION_FORMS, listDestinations } from '../reports/delivery/destination.ts';
import { requireOwner } from '../reports/owner.store.ts';
import { deliverContext, fireContext } from '../roles.ts';
import { deliverDue } from '../schedules/deliver.job.ts';
import { fireId, runFire } from '../schedules/fire.job.ts';
import { addSchedule, claimNow, listSchedules, removeSchedule, requireSchedule } from '../schedules/schedule.store.ts';
import type { ScheduleSpec } from '../schedules/schedule.ts';
import { type Command, EXIT, listOption, type Options, type Session, textOption } from './command.ts';
import { formatRows } from './rows.ts';
import { SPEC_OPTIONS, specOf } from './schedule-spec.ts';

export const scheduleAddCommand: Command = {
  usage: 'schedule add',
  help: 'add a schedule; it fires while `kubecensus start` runs, and a missed fire runs once after a restart',
  options: [
    { flags: '--name <name>', help: 'name of the schedule (default: what it runs)' },
    ...SPEC_OPTIONS,
    {
      flags: '--cron <expression>',
      help: 'five fields in UTC: minute hour day-of-month month day-of-week (both days must match)',
    },
    { flags: '--deliver <destination...>', help: `where the report goes: ${DESTINATION_FORMS.join(', ')}` },
    { flags: '--to <destination...>', help: 'the same as --deliver' },
  ],
  run: async (session, _args, options) => {
    const spec = specOf(options);
    const cron = textOption(options, 'cron');
    if (cron === null) throw new KubecensusError('KC_SCHEDULE', 'A schedule needs --cron.');
    const destinations = destinationsOf(spec, options);
    const nextDueAt = nextFire(cron, new Date());
    const name = textOption(options, 'name') ?? defaultName(spec);
    if (!/^[a-z0-9][a-z0-9-]{0,62}$/.test(name))
      throw new KubecensusError('KC_SCHEDULE', 'A schedule is named with lower-case letters, digits and hyphens.');
    const parts = await session.open();
    if (spec.kind === 'feed') parts.declaredFeed(spec.feed);
    if (spec.kind === 'report' && spec.owner !== undefined) await requireOwner(parts.db, spec.owner);
    await addSchedule(parts.db, { name, spec, cron, destinations, nextDueAt }, parts.now());
    sayWhatIsMissing(session, destinations);
    await session.out(formatRows([{ schedule: name, cron, nextDueAt, destinations }], session.format));
    return EXIT.done;
  },
};

function destinationsOf(spec: ScheduleSpec, options: Options): string[] {
  const { destinations, unknown } = listDestinations([...listOption(options, 'deliver'), ...listOption(options, 'to')]);
  if (unknown.length > 0)
    throw new KubecensusError(
      'KC_SCHEDULE',
      `Reports are delivered to ${DESTINATION_FORMS.join(', ')}, not to ${unknown.join(', ')}.`,
    );
  if (spec.kind === 'report' && destinations.length === 0)
    throw new KubecensusError('KC_SCHEDULE', 'A scheduled report needs a destination: --deliver dir:PATH.');
  if (spec.kind !== 'report' && destinations.length > 0)
    throw new KubecensusError('KC_SCHEDULE', '--deliver goes with --report.');
  return destinations;
}

/** The scheduler may have what this process has not; then this is a remark and no more. */
function sayWhatIsMissing(session: Session, destinations: readonly string[]): void {
  for (const destination of destinations) {
    const missing = missingFor(destination, session.config);
    if (missing.length > 0)
      session.say(`${destination} needs ${missing.join(' and ')}, which the process that runs schedules must have.`);
  }
}

const defaultName = (spec: ScheduleSpec): string =>
  (spec.kind === 'report' ? spec.report : spec.kind === 'feed' ? `feed-${spec.feed}` : 'survey').toLowerCase();

export const scheduleListCommand: Command = {
  usage: 'schedule list',
  isDefault: true,
  help: 'list schedules with their last and next fire, and the state of their deliveries',
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
      held: schedule.held,
      stopped: schedule.stopped,
      nextAttemptAt: schedule.nextAttemptAt,
      destinations: schedule.destinations,
      ended: schedule.ended,
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
    if (!(await removeSchedule(parts.db, name as string, parts.now())))
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
    await deliverDue(deliverContext(parts));
    const deliveries = await deliveriesNow(parts, name as string);
    const row = { schedule: name as string, fire: fireId('fire', fire), failure, ...deliveries };
    await session.out(formatRows([row], session.format));
    if (failure !== null) return EXIT.failed;
    return (deliveries['undelivered'] ?? 0) > 0 ? EXIT.partial : EXIT.done;
  },
};

/** How far the deliveries of a schedule are; nothing for one that delivers nothing. */
async function deliveriesNow(parts: Parts, name: string): Promise<Record<string, number>> {
  const { destinations, delivered, undelivered, held, stopped } = await requireSchedule(parts.db, name);
  return destinations.length === 0 ? {} : { delivered, undelivered, held, stopped };
}
