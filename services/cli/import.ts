// kubecensus import: files that people already have, as feeds.
import { basename } from 'node:path';
import type { FeedRun } from '../feeds/feed-run.store.ts';
import { createFileFeed } from '../feeds/file.feed.ts';
import { FORMATS } from '../feeds/formats/index.ts';
import type { Parts } from '../parts.ts';
import { ERRORS, KubecensusError } from '../platform/errors.ts';
import { type Command, EXIT, type ExitCode, type Options, type Session, textOption } from './command.ts';
import { printRuns, progressOf } from './feed-runs.ts';

/** Said when rows were refused for where they are: most often somebody tries a lab of his own. */
const SPECIAL_PURPOSE =
  'Addresses of special-purpose networks are never taken, loopback among them. For a lab of your own on loopback: --scope lab:127.0.0.0/8.';

export const importCommand: Command = {
  usage: 'import <files...>',
  help: 'take files as feeds; prints read, accepted, duplicate and rejected by reason; importing a file again changes nothing; a file that fails leaves the others alone',
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
    const format = textOption(options, 'format') ?? 'auto';
    // A Sonar study is several tables: files named together are one delivery.
    const together = FORMATS.some(({ name, join }) => name === format && join !== undefined);
    const deliveries = together ? [files] : files.map((file) => [file]);
    const runs: FeedRun[] = [];
    const failed: string[] = [];
    let worst: ExitCode = EXIT.done;
    try {
      for (const paths of deliveries) {
        if (session.signal.aborted) break;
        try {
          runs.push(await importDelivery(paths, format, options, parts, session));
        } catch (error) {
          // A name that is no format is wrong for every file; an only file's failure is the command's.
          if (deliveries.length === 1 || session.signal.aborted || codeOf(error) === 'KC_FEED_FORMAT') throw error;
          failed.push(`${paths.join(', ')} (${codeOf(error)})`);
          sayFailure(session, paths, error as Error);
        }
      }
    } finally {
      // What was taken is told, however the command ends.
      worst = await printRuns(session, runs);
    }
    if (runs.some((run) => run.rejectedBy['special_purpose'] !== undefined)) session.say(SPECIAL_PURPOSE);
    if (failed.length === 0) return worst;
    session.say(`${failed.length} of ${deliveries.length} files could not be imported: ${failed.join(', ')}.`);
    return EXIT.failed;
  },
};

/** Takes one delivery, a file or the files of one study, as one run. Throws what makes it unusable. */
async function importDelivery(
  [path, ...morePaths]: readonly string[],
  format: string,
  options: Options,
  parts: Parts,
  session: Session,
): Promise<FeedRun> {
  const feed = await createFileFeed({
    path: path as string,
    morePaths,
    name: textOption(options, 'feed'),
    format,
    observedAt: textOption(options, 'observedAt'),
    port: textOption(options, 'port'),
    expandCidr: options['expandCidr'] === true,
  });
  session.say(feed.decision);
  return parts.runFeed(feed, session.signal, progressOf(session, basename(path as string)));
}

const codeOf = (error: unknown): keyof typeof ERRORS => (error instanceof KubecensusError ? error.code : 'KC_INTERNAL');

function sayFailure(session: Session, paths: readonly string[], error: Error): void {
  const code = codeOf(error);
  session.say(`${paths.join(', ')}: ${code}: ${error.message}\n${ERRORS[code].todo}`);
  if (code === 'KC_INTERNAL' && error.stack !== undefined) session.say(error.stack);
}
