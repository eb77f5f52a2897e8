// kubecensus import: files that people already have, as feeds.
import { basename } from 'node:path';
import { createFileFeed } from '../feeds/file.feed.ts';
import { FORMATS } from '../feeds/formats/index.ts';
import { type Command, EXIT, type ExitCode, textOption } from './command.ts';
import { printRun, progressOf } from './feeds.ts';

/** Said when rows were refused for where they are: most often somebody tries a lab of his own. */
const SPECIAL_PURPOSE =
  'Addresses of special-purpose networks are never taken, loopback among them. For a lab of your own on loopback: --scope lab:127.0.0.0/8.';

export const importCommand: Command = {
  usage: 'import <files...>',
  help: 'take files as feeds; prints read, accepted, duplicate and rejected by reason; importing a file again changes nothing',
  options: [
    {
      flags: '--format <name>',
      help: `auto, or one of: ${FORMATS.map((format) => format.name).join(', ')} (default: auto)`,
    },
    { flags: '--feed <name>', help: 'name of the feed (default: the name of the format)' },
    { flags: '--observed-at <time>', help: 'time of observation (RFC 3339) for rows that state none' },
    { flags: '--port <n>', help: 'port of rows that state none (list, zmap, sonar)' },
    { flags: '--expand-cidr', help: 'accept networks up to /24 in lists and take every address of them' },
    {
      flags: '--scope <cidr...>',
      help: 'take only what lies in these networks (default: the configured scope)',
      setting: 'scope',
    },
  ],
  run: async (session, files, options) => {
    const parts = await session.open();
    let worst: ExitCode = EXIT.done;
    const format = textOption(options, 'format') ?? 'auto';
    // A Sonar study is several tables: files named together are one delivery.
    const together = FORMATS.some(({ name, join }) => name === format && join !== undefined);
    for (const [path, ...morePaths] of together ? [files] : files.map((file) => [file])) {
      if (path === undefined) continue;
      const feed = await createFileFeed({
        path,
        morePaths,
        name: textOption(options, 'feed'),
        format,
        observedAt: textOption(options, 'observedAt'),
        port: textOption(options, 'port'),
        expandCidr: options['expandCidr'] === true,
      });
      session.say(feed.decision);
      const run = await parts.runFeed(feed, session.signal, progressOf(session, basename(path)));
      const code = await printRun(session, run);
      if (run.rejectedBy['special_purpose'] !== undefined) session.say(SPECIAL_PURPOSE);
      if (code !== EXIT.done) worst = code;
      if (session.signal.aborted) break;
    }
    return worst;
  },
};
