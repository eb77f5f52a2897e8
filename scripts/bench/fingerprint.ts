// What judging costs: verdict lines out of evidence lines beside JSON.parse of the same lines, and the DER walk beside node:crypto, in one process.
import { hash, X509Certificate } from 'node:crypto';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { readCertificate } from '../../services/feeds/x509/certificate.ts';
import { readNames } from '../../services/feeds/x509/names.ts';
import { fingerprintLine } from '../../services/fingerprints/fingerprint-line.ts';
import { seededRandom } from '../../services/lab/random.ts';
import { captureLines, labSights, type Sight } from './evidence-lines.ts';
import { median } from './rounds.ts';

/** Fewer lines would measure the caches of the processor, not a census. */
const LINES = 20_000;
const HOSTS = 15_500;
/** Every so many lines stands a capture of a real component, a few hundred in all. */
const CAPTURE_EVERY = 64;
/** Addresses that show the same certificate: load balancers of managed control planes have two or three, most other hosts one. */
const ADDRESSES = [1, 1, 1, 1, 1, 2, 2, 2, 3, 3] as const;
const ROUNDS = 5;
/** Unmeasured rounds: a census is long, and the first hundred thousand lines are judged while the code is still being compiled. */
const WARM_UP = 4;
const LINES_PER_WRITE = 256;
const NOW = new Date('2026-11-24T12:00:00Z');

interface Mix {
  readonly name: string;
  readonly lines: readonly string[];
}

/** Prints verdicts per CPU second and the cost beside JSON.parse for three mixes, then the DER walk beside X509Certificate. About a minute. */
export async function benchFingerprint(print: (line: string) => void): Promise<void> {
  const sights = await labSights('bench fingerprint', HOSTS, NOW);
  const apiServers = sights.filter(({ kind, leaf }) => kind === 'kube-apiserver' && leaf !== null);
  const mixes: readonly Mix[] = [
    { name: 'a census, some certificates on two or three addresses', lines: naturalLines(sights) },
    { name: 'no certificate twice', lines: sights.slice(0, LINES).map((sight, i) => lineOf(sight, i)) },
    {
      name: 'API servers only, no certificate twice',
      lines: apiServers.map((sight, i) => lineOf(sight, i)),
    },
  ];
  for (const mix of mixes) await printMix(mix, print);
  await printWalk(
    sights.flatMap(({ leaf }) => leaf ?? []),
    print,
  );
}

/** Shuffled as a survey shuffles: the addresses of one certificate stand far apart. */
function naturalLines(sights: readonly Sight[]): readonly string[] {
  const random = seededRandom('order');
  const shown = sights.flatMap((sight) => Array.from({ length: random.pick(ADDRESSES) }, () => sight));
  const captures = captureLines();
  return random
    .shuffle(shown)
    .slice(0, LINES)
    .map((sight, i) => (i % CAPTURE_EVERY === 0 ? captures[(i / CAPTURE_EVERY) % captures.length]! : lineOf(sight, i)));
}

/** One observation every 12 milliseconds: a day and some hours for a survey of ten million. */
function lineOf(sight: Sight, i: number): string {
  return sight.lineFor(addressOf(i), new Date(NOW.getTime() + i * 12));
}

function addressOf(i: number): string {
  return `198.${18 + (i >> 16)}.${(i >> 8) & 255}.${i & 255}`;
}

async function printMix({ name, lines }: Mix, print: (line: string) => void): Promise<void> {
  const parse: number[] = [];
  const floor: number[] = [];
  const judge: number[] = [];
  // In turn, so that neither profits from a quieter machine.
  for (let round = -WARM_UP; round < ROUNDS; round++) {
    const parsed = await cpuMicroseconds(async () => parseAll(lines));
    const bare = await cpuMicroseconds(async () => floorAll(lines));
    const judged = await cpuMicroseconds(async () => judgeAll(lines));
    if (round < 0) continue;
    parse.push(parsed / lines.length);
    floor.push(bare / lines.length);
    judge.push(judged / lines.length);
  }
  const [reference, least, ours] = [median(parse), median(floor), median(judge)];
  const bytes = lines.reduce((sum, line) => sum + line.length, 0) / lines.length;
  print(`${name}: ${lines.length} lines of ${bytes.toFixed(0)} characters on average`);
  print(
    `  ${rate(ours)} verdicts per CPU second (${ours.toFixed(2)} µs each), JSON.parse of the same lines ${rate(reference)} (${reference.toFixed(2)} µs)`,
  );
  print(
    `  ratio ${(ours / reference).toFixed(2)} (goal: at most 3); a loop that parses, decodes the leaf, hashes it once and writes a line of this length: ${(least / reference).toFixed(2)}`,
  );
}

function parseAll(lines: readonly string[]): void {
  let objects = 0;
  for (const line of lines) if (typeof JSON.parse(line) === 'object') objects++;
  if (objects !== lines.length) throw new Error(`${objects} of ${lines.length} lines were parsed.`);
}

/** The least that judging can be: nothing is checked and nothing is told. */
function floorAll(lines: readonly string[]): void {
  const { line } = fingerprintLine(lines[0]!, NOW.toISOString());
  let characters = 0;
  let waiting: string[] = [];
  for (const text of lines) {
    const { endpoint, tls } = JSON.parse(text) as { endpoint?: { port: number }; tls?: { chain?: readonly string[] } };
    const key = hash('sha256', Buffer.from(tls?.chain?.[0] ?? '', 'base64'));
    if (waiting.push(`{"port":${endpoint?.port},"key":"${key}",${line.slice(1)}`) < LINES_PER_WRITE) continue;
    characters += waiting.join('\n').length;
    waiting = [];
  }
  if (characters === 0) throw new Error('Nothing was written.');
}

/** Lines are joined by the hundreds, as the command line writes them. */
function judgeAll(lines: readonly string[]): void {
  let verdicts = 0;
  let characters = 0;
  let waiting: string[] = [];
  const now = NOW.toISOString();
  for (const text of lines) {
    const { line, failed } = fingerprintLine(text, now);
    if (!failed) verdicts++;
    if (waiting.push(line) < LINES_PER_WRITE) continue;
    characters += waiting.join('\n').length;
    waiting = [];
  }
  characters += waiting.join('\n').length;
  if (verdicts !== lines.length || characters === 0)
    throw new Error(`${verdicts} of ${lines.length} lines were judged.`);
}

async function printWalk(leaves: readonly Buffer[], print: (line: string) => void): Promise<void> {
  const readers = {
    X509Certificate: (der: Buffer) => new X509Certificate(der).subjectAltName !== null,
    readNames: (der: Buffer) => readNames(der, 0, der.length, 'certificate') !== null,
    readCertificate: (der: Buffer) => readCertificate(der) !== null,
  };
  const samples: Record<string, number[]> = {};
  for (let round = 0; round <= ROUNDS; round++) {
    for (const [name, read] of Object.entries(readers)) {
      collect();
      const spent = await cpuMicroseconds(async () => leaves.forEach(read));
      if (round > 0) samples[name] = [...(samples[name] ?? []), spent / leaves.length];
    }
  }
  const [reference, names, facts] = Object.keys(readers).map((name) => median(samples[name]!)) as [
    number,
    number,
    number,
  ];
  print(
    `certificate names: readNames ${names.toFixed(2)} µs, readCertificate ${facts.toFixed(2)} µs, X509Certificate ${reference.toFixed(2)} µs (${leaves.length} certificates)`,
  );
  print(
    `  readNames ${(reference / names).toFixed(1)} times faster (goal: at least 5), readCertificate with every fact and two digests ${(reference / facts).toFixed(1)} times`,
  );
}

/** CPU time of all threads, the collector's included. */
async function cpuMicroseconds(work: () => Promise<void>): Promise<number> {
  const start = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(start);
  return user + system;
}

/** Frees what others left behind, objects of OpenSSL included: else the reader that comes after X509Certificate pays for it. */
const collect = collector();

function collector(): () => void {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
}

function rate(microseconds: number): string {
  return Math.round(1e6 / microseconds).toLocaleString('en-US');
}
