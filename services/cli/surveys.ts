// kubecensus surveys, pause, resume: what was surveyed, and the kill switch.

import { setPaused } from '../surveys/pause.store.ts';
import { listSurveys } from '../surveys/survey.store.ts';
import { type Command, EXIT } from './command.ts';
import { formatRows } from './rows.ts';

export const surveysCommand: Command = {
  usage: 'surveys',
  help: 'list surveys, newest first',
  run: async (session) => {
    const parts = await session.open();
    const rows = (await listSurveys(parts.db)).map((survey) => ({
      survey: survey.id,
      method: survey.method,
      state: survey.state,
      targets: survey.targets,
      chunks: `${survey.committed}/${survey.chunks}`,
      excluded: Object.values(survey.excludedBy).reduce((sum, count) => sum + count, 0),
      vantage: survey.vantage,
      created: survey.createdAt,
      finished: survey.finishedAt,
    }));
    await session.out(formatRows(rows, session.format));
    return EXIT.done;
  },
};

const switchCommand = (usage: string, help: string, paused: boolean, said: string): Command => ({
  usage,
  help,
  printsRows: false,
  run: async (session) => {
    const parts = await session.open();
    await setPaused(parts.db, paused, parts.now());
    session.say(said);
    return EXIT.done;
  },
});

export const pauseCommand = switchCommand(
  'pause',
  'stop new dials everywhere within a second',
  true,
  'Paused: no new connection is opened until `kubecensus resume`.',
);
export const resumeCommand = switchCommand('resume', 'go on after a pause', false, 'Resumed.');
