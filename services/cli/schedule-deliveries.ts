// kubecensus schedule show, resend, unsubscribe: what became of deliveries, and what is to become of them.
import { KubecensusError } from '../platform/errors.ts';
import { listDestinations } from '../reports/delivery/destination.ts';
import { deliverContext } from '../roles.ts';
import { deliverDue } from '../schedules/deliver.job.ts';
import { sendAgain, stopDestination } from '../schedules/delivery.store.ts';
import { listDeliveries, stoppedDestinations } from '../schedules/delivery-history.store.ts';
import { requireSchedule } from '../schedules/schedule.store.ts';
import { type Command, EXIT, listOption, type Options, textOption } from './command.ts';
import { formatRows, type Row } from './rows.ts';

/** Deliveries that `schedule show` lists unless told otherwise: those of the last few fires. */
const SHOWN = 20;

export const scheduleShowCommand: Command = {
  usage: 'schedule show <name>',
  help: 'list the deliveries of a schedule with every attempt: when, how it ended, when the next one is',
  options: [{ flags: '--limit <n>', help: `deliveries at most, newest first (default: ${SHOWN})` }],
  run: async (session, [name], options) => {
    const limit = Number(textOption(options, 'limit') ?? SHOWN);
    if (!Number.isInteger(limit) || limit < 1)
      throw new KubecensusError('KC_USAGE', '--limit takes a whole number of at least 1.');
    const parts = await session.open();
    const schedule = await requireSchedule(parts.db, name as string);
    for (const stop of await stoppedDestinations(parts.db, schedule.id))
      session.say(`${stop.destination} gets no more since ${stop.stoppedAt.toISOString()}: ${stop.reason}.`);
    const rows = (await listDeliveries(parts.db, schedule.id, limit)).flatMap((delivery): Row[] => {
      const { reportId, destination, state } = delivery;
      const attempts = delivery.attempts.length === 0 ? [null] : delivery.attempts;
      return attempts.map((attempt) => ({
        report: reportId,
        destination,
        state,
        attempt: attempt?.attempt ?? null,
        startedAt: timeOf(attempt?.startedAt),
        result: attempt === null ? null : (attempt.result ?? 'unknown'),
        detail: attempt?.detail ?? null,
        nextAttemptAt: attempt === null ? delivery.nextAttemptAt : timeOf(attempt.nextAttemptAt),
      }));
    });
    await session.out(formatRows(rows, session.format));
    return EXIT.done;
  },
};

const timeOf = (text: string | null | undefined): Date | null => (text == null ? null : new Date(text));

const DELIVER_OPTION = { flags: '--deliver <destination...>', help: 'only there (default: everywhere)' };

export const scheduleResendCommand: Command = {
  usage: 'schedule resend <name>',
  help: "send a schedule's newest report again, also what was held, given up or stopped; receivers see the same id, and whoever unsubscribed gets it only when named",
  options: [DELIVER_OPTION],
  run: async (session, [name], options) => {
    const parts = await session.open();
    const schedule = await requireSchedule(parts.db, name as string);
    const only = chosen(options);
    const due = [];
    for (const destination of only ?? [null])
      due.push(...(await sendAgain(parts.db, schedule.id, destination, parts.now())));
    if (due.length === 0)
      throw new KubecensusError(
        'KC_SCHEDULE',
        only === null
          ? `${name} has sent no report yet, or all have unsubscribed, whom --deliver has to name.`
          : `${name} has sent no report there yet; its next one goes there.`,
      );
    await deliverDue(deliverContext(parts));
    const after = await listDeliveries(parts.db, schedule.id, schedule.destinations.length + SHOWN);
    const rows = due.map(({ reportId, destination }) => {
      const row = after.find((one) => one.reportId === reportId && one.destination === destination);
      return { report: reportId, destination, state: row?.state ?? null, detail: row?.attempts.at(-1)?.detail ?? null };
    });
    await session.out(formatRows(rows, session.format));
    return rows.every((row) => row.state === 'delivered') ? EXIT.done : EXIT.failed;
  },
};

/** The destinations that are named, in the spelling that is stored; null when none is. */
function chosen(options: Options): string[] | null {
  const named = listOption(options, 'deliver');
  if (named.length === 0) return null;
  const { destinations, unknown } = listDestinations(named);
  if (unknown.length > 0) throw new KubecensusError('KC_SCHEDULE', `No destination: ${unknown.join(', ')}.`);
  return destinations;
}

export const scheduleUnsubscribeCommand: Command = {
  usage: 'schedule unsubscribe <name> <destination>',
  help: 'send no more reports of a schedule to one of its destinations; `schedule resend` with --deliver begins again',
  printsRows: false,
  run: async (session, [name, destination]) => {
    const parts = await session.open();
    const schedule = await requireSchedule(parts.db, name as string);
    const stored = listDestinations([destination as string]).destinations.find((one) =>
      schedule.destinations.includes(one),
    );
    if (stored === undefined) throw new KubecensusError('KC_SCHEDULE', `${name} does not send to ${destination}.`);
    const stop = { scheduleId: schedule.id, destination: stored, reason: 'unsubscribed' } as const;
    await stopDestination(parts.db, stop, parts.now());
    session.say(`${name} sends no more to ${stored}.`);
    return EXIT.done;
  },
};
