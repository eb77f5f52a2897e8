// kubecensus complaint: somebody minds. Stop first, then read, answer and close.
import {
  addComplaint,
  answerComplaint,
  type Complaint,
  closeComplaint,
  listComplaints,
} from '../candidates/complaint.store.ts';
import { KubecensusError } from '../platform/errors.ts';
import { setPaused } from '../surveys/pause.store.ts';
import { type Command, EXIT, textOption } from './command.ts';
import { newToken, optOutRowOf } from './opt-out.ts';
import { formatRows, type Row } from './rows.ts';

const rowOf = (complaint: Complaint): Row => ({
  id: complaint.id,
  about: complaint.value,
  state: complaint.state,
  stoppedBy: complaint.stoppedBy,
  receivedAt: complaint.receivedAt.toISOString(),
  answeredAt: complaint.answeredAt?.toISOString() ?? null,
  closedAt: complaint.closedAt?.toISOString() ?? null,
  outcome: complaint.outcome,
  contact: complaint.contact,
  note: complaint.note,
});

export const complaintAddCommand: Command = {
  usage: 'complaint add',
  help: 'record a complaint, and ask nobody it speaks for any more: at once, whatever its size, also for queued work',
  options: [
    { flags: '--about <value>', help: 'address, prefix, AS number, DNS suffix or certificate key that it is about' },
    { flags: '--from <text>', help: 'who complains, as they can be reached; shown here only, and never published' },
    { flags: '--note <text>', help: 'what they say' },
    { flags: '--pause', help: 'stop all new connections instead of opting out what it is about' },
  ],
  run: async (session, _args, options) => {
    const about = textOption(options, 'about');
    const contact = textOption(options, 'from');
    if (about === null || contact === null || contact.trim() === '')
      throw new KubecensusError('KC_USAGE', 'A complaint needs --about and --from.');
    const row = optOutRowOf(about, null);
    const stoppedBy = options['pause'] === true ? 'pause' : 'opt-out';
    const parts = await session.open();
    // Stop first: whatever fails afterwards can be done again.
    if (stoppedBy === 'pause') await setPaused(parts.db, true, parts.now());
    const complaint = await addComplaint(
      parts.db,
      { about: row, contact, note: textOption(options, 'note') ?? '', stoppedBy, token: newToken() },
      parts.now(),
    );
    await session.out(formatRows([rowOf(complaint)], session.format));
    session.say(
      stoppedBy === 'pause'
        ? 'All new connections are stopped; kubecensus resume goes on.'
        : `${row.kind} ${row.value} is opted out; nothing in it is asked from 15 seconds on.`,
    );
    return EXIT.done;
  },
};

export const complaintListCommand: Command = {
  usage: 'complaint list',
  isDefault: true,
  help: 'list the complaints that are open or answered',
  options: [{ flags: '--all', help: 'also those that are closed' }],
  run: async (session, _args, options) => {
    const parts = await session.open();
    const complaints = await listComplaints(parts.db, options['all'] === true);
    await session.out(formatRows(complaints.map(rowOf), session.format));
    return EXIT.done;
  },
};

export const complaintAnswerCommand: Command = {
  usage: 'complaint answer <id>',
  help: 'note that you answered an open complaint',
  run: async (session, [text]) => {
    const id = idOf(text as string);
    const parts = await session.open();
    await answerComplaint(parts.db, id, parts.now());
    await session.out(formatRows([{ id, state: 'answered' }], session.format));
    return EXIT.done;
  },
};

export const complaintCloseCommand: Command = {
  usage: 'complaint close <id>',
  help: 'close a complaint; its opt-out stays until it is withdrawn (kubecensus opt-out remove)',
  options: [{ flags: '--outcome <text>', help: 'what became of it' }],
  run: async (session, [text], options) => {
    const id = idOf(text as string);
    const outcome = textOption(options, 'outcome');
    if (outcome === null) throw new KubecensusError('KC_USAGE', 'Say with --outcome what became of it.');
    const parts = await session.open();
    await closeComplaint(parts.db, id, outcome, parts.now());
    await session.out(formatRows([{ id, state: 'closed', outcome }], session.format));
    return EXIT.done;
  },
};

function idOf(text: string): number {
  const id = Number(text);
  if (!Number.isSafeInteger(id)) throw new KubecensusError('KC_USAGE', `${JSON.stringify(text)} is no complaint.`);
  return id;
}
