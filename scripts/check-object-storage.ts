// Delivers to a real S3-compatible server (moto, from PyPI) and reads everything back with boto3: keys, bytes, checksums, parts, repetition, refusal.
import assert from 'node:assert/strict';
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs, promisify } from 'node:util';
import { loadConfig } from '../services/config.ts';
import { createDeliveries } from '../services/deliveries.ts';
import { PART_BYTES } from '../services/platform/object-storage.ts';
import { deliverTo } from '../services/reports/delivery/index.ts';
import { section } from '../services/reports/section.ts';
import { writeReport } from '../services/reports/write.ts';

const run = promisify(execFile);

/** The versions that this was written against; from PyPI. */
const PACKAGES = ['moto[server,s3]==5.2.5', 'boto3'];
const BUCKET = 'census-reports';
const STARTING_MS = 30_000;

const { values } = parseArgs({
  options: {
    /** Where the Python environment is kept; made when it is not there. */
    venv: { type: 'string', default: join(tmpdir(), 'kubecensus-moto') },
    python: { type: 'string', default: 'python3' },
  },
});

/** What the store holds, as somebody else's client sees it; checksums are verified by it while it reads. */
const READ_BACK = `
import boto3, hashlib, json, sys
s3 = boto3.client('s3', endpoint_url=sys.argv[1], region_name='eu-central-1', aws_access_key_id='a', aws_secret_access_key='b')
found = []
for one in s3.list_objects_v2(Bucket=sys.argv[2]).get('Contents', []):
    got = s3.get_object(Bucket=sys.argv[2], Key=one['Key'], ChecksumMode='ENABLED')
    body = got['Body'].read()
    found.append({'key': one['Key'], 'bytes': len(body), 'sha256': hashlib.sha256(body).hexdigest(), 'etag': got['ETag'].strip('"'),
        'contentType': got['ContentType'], 'metadata': got['Metadata'], 'checksum': got.get('ChecksumSHA256'), 'encryption': got.get('ServerSideEncryption')})
json.dump(found, sys.stdout)
`;

interface Found {
  readonly key: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly etag: string;
  readonly contentType: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly checksum: string | null;
  readonly encryption: string | null;
}

const say = (text: string): void => void process.stderr.write(`${text}\n`);

async function pythonEnvironment(): Promise<string> {
  const bin = join(values.venv, 'bin');
  if (!existsSync(join(bin, 'moto_server'))) {
    say(`installing ${PACKAGES.join(' and ')} in ${values.venv}`);
    await run(values.python, ['-m', 'venv', values.venv]);
    await run(join(bin, 'pip'), ['install', '--quiet', '--disable-pip-version-check', ...PACKAGES]);
  }
  return bin;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

async function startedStore(bin: string): Promise<{ child: ChildProcess; url: string }> {
  const port = await freePort();
  const child = spawn(join(bin, 'moto_server'), ['-H', '127.0.0.1', '-p', String(port)], { stdio: 'ignore' });
  const url = `http://127.0.0.1:${port}`;
  for (const end = Date.now() + STARTING_MS; Date.now() < end; await sleep(100)) {
    const answer = await fetch(`${url}/moto-api/`).catch(() => null);
    if (answer !== null) return { child, url };
  }
  child.kill();
  throw new Error('the store did not start');
}

async function check(bin: string, url: string, home: string): Promise<void> {
  const readBack = async (): Promise<Found[]> => {
    const { stdout } = await run(join(bin, 'python'), ['-c', READ_BACK, url, BUCKET], { maxBuffer: 16 * 1024 * 1024 });
    return (JSON.parse(stdout) as Found[]).toSorted((a, b) => (a.key < b.key ? -1 : 1));
  };
  const environment = {
    KUBECENSUS_S3_ENDPOINT: url,
    KUBECENSUS_S3_REGION: 'eu-central-1',
    KUBECENSUS_S3_ENCRYPTION: 'AES256',
    AWS_ACCESS_KEY_ID: 'a',
    AWS_SECRET_ACCESS_KEY: 'b',
  };
  const means = createDeliveries(loadConfig(environment, null), 'kubecensus/check');
  const directory = join(home, 'r-check');
  const table = {
    id: 'numbers',
    title: 'Numbers',
    columns: [{ key: 'number', label: 'Number', type: 'code' as const }],
    // Two parts and a bit.
    rows: Array.from({ length: Math.ceil((2.2 * PART_BYTES) / 66) }, () => [randomBytes(32).toString('hex')]),
  };
  const report = {
    name: 'headline',
    title: 'A report',
    subtitle: 'of random numbers',
    generatedAt: '2026-11-24T23:59:59.000Z',
    sections: [section('all', 'All', { tables: [table] })],
  };
  const files = await writeReport(report, { id: 'r-check', out: directory, formats: ['json'], manifest: {} });
  const attempt = (destination: string) =>
    deliverTo({ destination, directory, schedule: 'check', at: new Date() }, means);

  const missing = await attempt(`s3://${BUCKET}/weekly`);
  assert.equal(missing.result, 'failed');
  assert.match(missing.detail, /NoSuchBucket/);
  await fetch(`${url}/${BUCKET}`, { method: 'PUT', body: '' });

  const first = await attempt(`s3://${BUCKET}/weekly`);
  assert.equal(first.result, 'delivered', first.detail);
  const found = await readBack();
  const folder = 'weekly/2026-11-24/headline-r-check/';
  assert.deepEqual(
    found.map((one) => one.key),
    ['data/numbers.csv', 'manifest.json', 'report.json'].map((path) => folder + path),
  );
  for (const { path, bytes, sha256 } of files.files) {
    const stored = found.find((one) => one.key === folder + path);
    assert.deepEqual([stored?.bytes, stored?.sha256, stored?.metadata['sha256']], [bytes, sha256, sha256], path);
    assert.equal(stored?.encryption, 'AES256');
    // The store's own mark for an object that came in parts, with their number.
    if (bytes > PART_BYTES) assert.equal(stored?.etag.split('-')[1], String(Math.ceil(bytes / PART_BYTES)), path);
  }
  const manifest = found[1]!;
  assert.equal(manifest.contentType, 'application/json');
  assert.equal(manifest.checksum, Buffer.from(manifest.sha256, 'hex').toString('base64'), 'the store keeps a checksum');
  assert.equal(found[0]?.contentType, 'text/csv; charset=utf-8');

  assert.equal((await attempt(`s3://${BUCKET}/weekly/`)).result, 'delivered');
  assert.deepEqual(await readBack(), found, 'again is the same');

  const without = createDeliveries(loadConfig({ KUBECENSUS_S3_ENDPOINT: url }, null), 'kubecensus/check');
  const refused = await deliverTo(
    { destination: `s3://${BUCKET}`, directory, schedule: null, at: new Date() },
    without,
  );
  assert.match(refused.detail, /AWS_ACCESS_KEY_ID is not set/);
  await Promise.all([means.close(), without.close()]);
  say(`${found.length} objects are what was delivered, byte for byte; ${found[0]?.bytes} bytes went in parts`);
}

const home = await mkdtemp(join(tmpdir(), 'kubecensus-object-storage-'));
try {
  if (
    await run(values.python, ['--version']).then(
      () => false,
      () => true,
    )
  ) {
    say(`skipped: there is no ${values.python}, which runs the store`);
  } else {
    const bin = await pythonEnvironment();
    const { child, url } = await startedStore(bin);
    try {
      await check(bin, url, home);
    } finally {
      child.kill();
      if (child.exitCode === null && child.signalCode === null) await once(child, 'close');
    }
  }
} finally {
  await rm(home, { recursive: true, force: true });
}
