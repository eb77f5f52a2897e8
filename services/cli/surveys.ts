// kubecensus surveys, pause, resume: what was surveyed, what stopped itself in it, and the kill switch.

import { releaseChunks } from '../surveys/chunk-start.store.ts';
import { requestEnd } from '../surveys/early-end.store.ts';
import { pauseText, readPause, setPaused } from '../surveys/pause.store.ts';
import { listSurveys } from '../surveys/survey.store.ts';
import { waitingSurveys } from '../surveys/worker.store.ts';
import { type Command, EXIT, textOption } from './command.ts';
import { formatRows } from './rows.ts';
import { countEnded } from './survey.ts';
import { surveyEvents } from './survey-events.ts';

export const surveysListCommand: Command = {
  usage: 'surveys list',
  isDefault: true,
  help: 'surveys with their progress and what is to be known of them, newest first',
  run: async (session) => {
    const parts = await session.open();
    const waiting = await waitingSurveys(parts.db);
    const rows = (await listSurveys(parts.db)).map((survey) => ({
      survey: survey.id,
      method: survey.method,
      state: survey.state,
      targets: survey.targets,
      chunks: `${survey.committed}/${survey.chunks}`,
      excluded: Object.values(survey.excludedBy).reduce((sum, count) => sum + count, 0),
      flags: survey.flags,
      vantage: survey.vantage,
      waits: waiting.has(survey.id) ? `for vantage ${waiting.get(survey.id)?.join(', ')}` : null,
      created: survey.createdAt,
      finished: survey.finishedAt,
    }));
    await session.out(formatRows(rows, session.format));
    return EXIT.done;
  },
};

export const surveysShowCommand: Command = {
  usage: 'surveys show <survey>',
  help: 'what stopped itself in a survey and why: networks left alone, pauses, chunks given up, a headline that jumped',
  run: async (session, [id]) => {
    const parts = await session.open();
    await session.out(formatRows(await surveyEvents(parts.db, id as string), session.format));
    return EXIT.done;
  },
};

export const surveysStopCommand: Command = {
  usage: 'surveys stop <survey>',
  help: 'end a survey early, whoever runs it: no new connection after 2 seconds; what was observed is counted, the rest never asked',
  printsRows: false,
  run: async (session, [id]) => {
    const parts = await session.open();
    if (!(await requestEnd(parts.db, id as string, parts.now()))) {
      session.say(`${id} has ended already.`);
      return EXIT.done;
    }
    session.say('No connection is opened for it any more; what was asked is waited for, half a minute at most.');
    const { state, committed, chunks } = await countEnded(id as string, parts);
    session.say(`${id} is ${state} and counted: ${committed} of ${chunks} chunks were observed.`);
    return EXIT.done;
  },
};

export const surveysReleaseCommand: Command = {
  usage: 'surveys release <survey>',
  help: 'begin the chunks of a survey again that were given up because they ended their process or always failed',
  printsRows: false,
  run: async (session, [id]) => {
    const parts = await session.open();
    const count = await releaseChunks(parts.db, id as string);
    session.say(
      count === 0
        ? `No chunk of ${id} was given up.`
        : `${count} chunks of ${id} are begun again, and the survey is counted anew when they have ended.`,
    );
    return EXIT.done;
  },
};

export const pauseCommand: Command = {
  usage: 'pause',
  help: 'stop new dials everywhere within a second',
  printsRows: false,
  options: [{ flags: '--reason <text>', help: 'why, for those who look' }],
  run: async (session, _args, options) => {
    const parts = await session.open();
    const before = await readPause(parts.db);
    if (before !== null) session.say(pauseText(before));
    const reason = textOption(options, 'reason');
    // What paused by itself keeps its reason, unless somebody gives another.
    if (before === null || reason !== null)
      await setPaused(parts.db, true, parts.now(), reason === null ? null : { by: 'a person', reason });
    session.say('Paused: no new connection is opened until `kubecensus resume`.');
    return EXIT.done;
  },
};

export const resumeCommand: Command = {
  usage: 'resume',
  help: 'go on after a pause, also after one that kubecensus made itself; says what the reason was',
  printsRows: false,
  run: async (session) => {
    const parts = await session.open();
    const before = await readPause(parts.db);
    if (before !== null) session.say(pauseText(before));
    await setPaused(parts.db, false, parts.now());
    session.say('Resumed.');
    return EXIT.done;
  },
};
