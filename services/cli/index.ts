// The list of commands. A new command is one file and one line here.
import { benchCommand } from './bench.ts';
import type { Command } from './command.ts';
import {
  complaintAddCommand,
  complaintAnswerCommand,
  complaintCloseCommand,
  complaintListCommand,
} from './complaint.ts';
import { demoCommand } from './demo.ts';
import { doctorCommand } from './doctor.ts';
import { exportCommand } from './export.ts';
import { feedsApproveCommand, feedsRejectCommand, feedsShowCommand } from './feed-runs.ts';
import { feedsListCommand, feedsRunCommand } from './feeds.ts';
import { fingerprintCommand } from './fingerprint.ts';
import { gcCommand } from './gc.ts';
import { importCommand } from './import.ts';
import { keysCreateCommand, keysListCommand, keysRevokeCommand } from './keys.ts';
import { labCommand } from './lab.ts';
import { migrateCommand } from './migrate.ts';
import {
  optOutAddCommand,
  optOutCheckCommand,
  optOutExportCommand,
  optOutImportCommand,
  optOutListCommand,
  optOutRemoveCommand,
} from './opt-out.ts';
import { optOutPurgeCommand } from './opt-out-purge.ts';
import { optOutVerifyCommand } from './opt-out-verify.ts';
import { feedsOverlapsCommand } from './overlaps.ts';
import { ownersAddCommand, ownersListCommand, ownersRemoveCommand } from './owners.ts';
import { probingCommand } from './probing.ts';
import { reportCommand } from './report.ts';
import { scheduleAddCommand, scheduleListCommand, scheduleRemoveCommand, scheduleRunCommand } from './schedule.ts';
import { scheduleResendCommand, scheduleShowCommand, scheduleUnsubscribeCommand } from './schedule-deliveries.ts';
import { startCommand } from './start.ts';
import { statsCommand } from './stats.ts';
import { surveyCommand } from './survey.ts';
import {
  pauseCommand,
  resumeCommand,
  surveysListCommand,
  surveysReleaseCommand,
  surveysShowCommand,
  surveysStopCommand,
} from './surveys.ts';

/** What commands of two words have in common; named alone, a group lists. */
export const GROUPS: Readonly<Record<string, string>> = {
  feeds: 'sources of sightings and counts: list, pull, explain a run, decide on one that is held',
  surveys: 'what was surveyed: list, show what stopped itself, begin again what was given up',
  schedule: 'feeds, surveys and reports on a cron expression',
  owners: 'whose networks may have a report on single hosts',
  'opt-out': 'who asked not to be asked',
  complaint: 'who minds being asked, and what was done about it',
  keys: 'keys of the API, with what each may do',
};

export const COMMANDS: readonly Command[] = [
  demoCommand,
  labCommand,
  startCommand,
  feedsListCommand,
  feedsRunCommand,
  feedsShowCommand,
  feedsApproveCommand,
  feedsRejectCommand,
  feedsOverlapsCommand,
  importCommand,
  surveyCommand,
  surveysListCommand,
  surveysShowCommand,
  surveysReleaseCommand,
  surveysStopCommand,
  pauseCommand,
  resumeCommand,
  fingerprintCommand,
  statsCommand,
  exportCommand,
  reportCommand,
  ownersAddCommand,
  ownersListCommand,
  ownersRemoveCommand,
  scheduleAddCommand,
  scheduleListCommand,
  scheduleRemoveCommand,
  scheduleRunCommand,
  scheduleShowCommand,
  scheduleResendCommand,
  scheduleUnsubscribeCommand,
  optOutAddCommand,
  optOutListCommand,
  optOutRemoveCommand,
  optOutCheckCommand,
  optOutImportCommand,
  optOutExportCommand,
  optOutVerifyCommand,
  optOutPurgeCommand,
  complaintAddCommand,
  complaintListCommand,
  complaintAnswerCommand,
  complaintCloseCommand,
  probingCommand,
  keysCreateCommand,
  keysListCommand,
  keysRevokeCommand,
  migrateCommand,
  doctorCommand,
  gcCommand,
  benchCommand,
];
