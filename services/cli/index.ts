// The list of commands. A new command is one file and one line here.
import { benchCommand } from './bench.ts';
import type { Command } from './command.ts';
import { demoCommand } from './demo.ts';
import { exportCommand } from './export.ts';
import { feedsListCommand, feedsRunCommand, feedsShowCommand } from './feeds.ts';
import { fingerprintCommand } from './fingerprint.ts';
import { importCommand } from './import.ts';
import { migrateCommand } from './migrate.ts';
import { optOutAddCommand, optOutCheckCommand, optOutListCommand, optOutRemoveCommand } from './opt-out.ts';
import { reportCommand } from './report.ts';
import { scheduleAddCommand, scheduleListCommand, scheduleRemoveCommand, scheduleRunCommand } from './schedule.ts';
import { startCommand } from './start.ts';
import { statsCommand } from './stats.ts';
import { surveyCommand } from './survey.ts';
import { pauseCommand, resumeCommand, surveysCommand } from './surveys.ts';

/** What commands of two words have in common; named alone, a group lists. */
export const GROUPS: Readonly<Record<string, string>> = {
  feeds: 'sources of sightings and counts: list, pull, explain a run',
  schedule: 'feeds, surveys and reports on a cron expression',
  'opt-out': 'who asked not to be asked',
};

export const COMMANDS: readonly Command[] = [
  demoCommand,
  startCommand,
  feedsListCommand,
  feedsRunCommand,
  feedsShowCommand,
  importCommand,
  surveyCommand,
  surveysCommand,
  pauseCommand,
  resumeCommand,
  fingerprintCommand,
  statsCommand,
  exportCommand,
  reportCommand,
  scheduleAddCommand,
  scheduleListCommand,
  scheduleRemoveCommand,
  scheduleRunCommand,
  optOutAddCommand,
  optOutListCommand,
  optOutRemoveCommand,
  optOutCheckCommand,
  migrateCommand,
  benchCommand,
];
