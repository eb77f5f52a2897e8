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
