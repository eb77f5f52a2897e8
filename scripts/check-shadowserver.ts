// Runs IntelMQ's own parser over one of our scan_kubernetes files: every row must become an event with our endpoint in it.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { parse } from 'csv-parse/sync';

const USAGE = `node scripts/check-shadowserver.ts FILE --schema FILE [--python COMMAND]

  FILE      a file of kubecensus export observations --format shadowserver, under its own name
  --schema  intelmq.json of The-Shadowserver-Foundation/report_schema
  --python  the Python (3.9 or newer) that makes a virtual environment for IntelMQ (default: python3)
`;
/** The version whose parser this was written against. */
const INTELMQ = 'intelmq==3.5.0';

/** Bytes of events that are read. */
const MOST_EVENTS = 256 * 1024 * 1024;

/** Drives the parser as IntelMQ's own tests do, with the schema that is given, and prints its events as JSON. */
const DRIVER = `
import json, os, sys, unittest
import intelmq.lib.test as test
import intelmq.lib.utils as utils
import intelmq.bots.parsers.shadowserver._config as config
from intelmq.bots.parsers.shadowserver.parser import ShadowserverParserBot
csv, schema = sys.argv[1:]
utils.drop_privileges = lambda: True  # nothing is listened to, and root's virtual environment is root's
container = vars(config)['__config']
container.schema_file = container.schema_active = schema
with open(csv, encoding='utf-8', newline='') as handle:
    text = handle.read()
class Parser(test.BotTestCase, unittest.TestCase):
    @classmethod
    def set_bot(cls):
        cls.bot_reference = ShadowserverParserBot
        cls.default_input_message = {'__type': 'Report', 'feed.name': 'kubecensus', 'raw': utils.base64_encode(text),
            'time.observation': '2026-01-01T00:00:00+00:00', 'extra.file_name': os.path.basename(csv)}
    def test_parser(self):
        self.run_bot()
        json.dump([json.loads(event) for event in self.get_output_queue()], sys.stdout)
unittest.main(argv=['parser'])
`;

/** Throws what differs; the number of rows that agree. */
function check(file: string, schema: string, python: string): number {
  const home = mkdtempSync(join(tmpdir(), 'kubecensus-intelmq-'));
  try {
    execFileSync(python, ['-m', 'venv', join(home, 'venv')]);
    const bin = join(home, 'venv', 'bin');
    execFileSync(join(bin, 'pip'), ['install', '--quiet', INTELMQ], { stdio: 'inherit' });
    const driver = join(home, 'driver.py');
    writeFileSync(driver, DRIVER);
    const events = execFileSync(join(bin, 'python'), [driver, file, schema], {
      encoding: 'utf8',
      maxBuffer: MOST_EVENTS,
      env: { ...process.env, INTELMQ_ROOT_DIR: home },
    });
    return compare(readFileSync(file), JSON.parse(events) as Event[]);
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

type Event = Readonly<Record<string, unknown>>;

function compare(csv: Buffer, events: readonly Event[]): number {
  const rows = parse(csv, { columns: true }) as Record<string, string>[];
  if (events.length !== rows.length) throw new Error(`${rows.length} rows became ${events.length} events.`);
  for (const [i, row] of rows.entries()) {
    const event = events[i] as Event;
    const time = new Date(`${row['timestamp']?.replace(' ', 'T')}Z`).toISOString().replace('.000Z', '+00:00');
    const pairs: [string, unknown, unknown][] = [
      ['source.ip', event['source.ip'], row['ip']],
      ['source.port', event['source.port'], Number(row['port'])],
      ['time.source', event['time.source'], time],
      ['extra.git_version', event['extra.git_version'], row['git_version']],
      ['classification.identifier', event['classification.identifier'], 'open-kubernetes'],
    ];
    for (const [name, is, should] of pairs)
      if (is !== should) throw new Error(`Row ${i + 1}: ${name} is ${String(is)} instead of ${String(should)}.`);
  }
  return rows.length;
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { schema: { type: 'string' }, python: { type: 'string', default: 'python3' } },
});
const [file] = positionals;
if (file === undefined || values.schema === undefined) {
  process.stderr.write(USAGE);
  process.exitCode = 2;
} else {
  const rows = check(resolve(file), resolve(values.schema), values.python);
  process.stdout.write(`IntelMQ read ${rows} rows of ${basename(file)} to the same endpoints, times and versions.\n`);
}
