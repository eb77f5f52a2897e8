// The embedded PostgreSQL: started, shared, killed and found again, with real processes and real signals.
import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { findBinaries } from '../../services/platform/db/embedded/binaries.ts';
import { type Embedded, openEmbedded } from '../../services/platform/db/embedded.ts';
import { silentLog } from '../support/run.ts';
import { until } from './until.ts';

const CHILD = fileURLToPath(new URL('./embedded-child.ts', import.meta.url));
const isRoot = process.getuid?.() === 0;

/** The server of a data directory by its own file, or null when none runs. */
async function serverPid(dataDir: string): Promise<number | null> {
  const text = await readFile(join(dataDir, 'postgres/pgdata/postmaster.pid'), 'utf8').catch(() => '');
  const pid = Number(text.split('\n')[0]);
  return pid > 0 && running(pid) ? pid : null;
}

function running(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !execFileSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' }).startsWith('Z');
  } catch {
    return false;
  }
}

/** A data directory that goes away with the test, after a server that a failed test may have left in it. */
async function dataDirectory(t: TestContext, parent = tmpdir()): Promise<string> {
  const path = await mkdtemp(join(parent, 'kubecensus-embedded-'));
  t.after(async () => {
    const pid = await serverPid(path);
    if (pid !== null) {
      process.kill(pid, 'SIGQUIT');
      await until('the left-over server to end', () => !running(pid));
    }
    await rm(path, { recursive: true, force: true });
  });
  return path;
}

async function query(url: string, text: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

interface Child {
  readonly process: ChildProcess;
  readonly opened: { url: string; joined: boolean };
}

/** Opens the directory in another process, as `user` when given. */
async function openElsewhere(t: TestContext, dataDir: string): Promise<Child> {
  const child = spawn(process.execPath, [CHILD, dataDir], { stdio: ['pipe', 'pipe', 'inherit'] });
  t.after(() => child.kill('SIGKILL'));
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  await until('the other process to open', () => {
    if (child.exitCode !== null) throw new Error(`the other process ended with ${child.exitCode}`);
    return said.includes('\n');
  });
  return { process: child, opened: JSON.parse(said) as { url: string; joined: boolean } };
}

async function end(child: Child): Promise<void> {
  child.process.stdin?.write('close\n');
  await once(child.process, 'exit');
}

describe('the embedded database', () => {
  it('starts, keeps its data and stops; a real PostgreSQL 18 that nobody else may enter', async (t) => {
    const dataDir = await dataDirectory(t);
    const first = await openEmbedded(dataDir, silentLog);
    assert.equal(first.joined, false);
    await query(first.url, 'create table kept (value text); insert into kept values ($$ja$$)');
    const [settings] = (await query(
      first.url,
      "select current_setting('server_version_num')::int / 10000 as major, current_setting('fsync') as fsync, current_setting('listen_addresses') as listen, current_setting('max_connections') as connections",
    )) as [Record<string, unknown>];
    assert.deepEqual(settings, { major: 18, fsync: 'on', listen: '127.0.0.1', connections: '100' });
    const password = join(dataDir, 'postgres/password');
    assert.equal((await stat(password)).mode & 0o777, 0o600);
    assert.equal((await stat(join(dataDir, 'postgres/pgdata'))).mode & 0o777, 0o700);
    const wrong = new URL(first.url);
    wrong.password = 'wrong';
    await assert.rejects(query(wrong.href, 'select 1'), { code: '28P01' });
    const pid = await serverPid(dataDir);
    assert.notEqual(pid, null);
    await first.close();
    await first.close();
    assert.equal(await serverPid(dataDir), null);
    assert.equal(running(pid ?? 0), false);

    const second = await openEmbedded(dataDir, silentLog);
    assert.equal(second.url, first.url, 'port and password stay');
    assert.deepEqual(await query(second.url, 'select value from kept'), [{ value: 'ja' }]);
    await second.close();
  });

  it('is shared by commands that run at the same time, and stopped by the last', async (t) => {
    const dataDir = await dataDirectory(t);
    // Both at once on an empty directory: one makes the cluster, both use it.
    const [one, two] = await Promise.all([openElsewhere(t, dataDir), openElsewhere(t, dataDir)]);
    assert.equal(one.opened.url, two.opened.url);
    assert.deepEqual([one.opened.joined, two.opened.joined].sort(), [false, true]);
    const starter = one.opened.joined ? two : one;
    const other = one.opened.joined ? one : two;
    await end(starter);
    assert.deepEqual(await query(other.opened.url, 'select 1 as one'), [{ one: 1 }]);
    await end(other);
    assert.equal(await serverPid(dataDir), null);
    assert.deepEqual(await readdir(dataDir), ['postgres']);
  });

  it('is found again when its starter was killed, and then stopped by whoever found it', async (t) => {
    const dataDir = await dataDirectory(t);
    const killed = await openElsewhere(t, dataDir);
    await query(killed.opened.url, 'create table kept ()');
    const pid = await serverPid(dataDir);
    killed.process.kill('SIGKILL');
    await once(killed.process, 'exit');
    assert.equal(await serverPid(dataDir), pid);
    const next = await openEmbedded(dataDir, silentLog);
    assert.equal(next.joined, true);
    await query(next.url, 'select from kept');
    await next.close();
    assert.equal(await serverPid(dataDir), null);
  });

  it('starts again under a living process when the server is killed', async (t) => {
    const dataDir = await dataDirectory(t);
    const embedded = await openEmbedded(dataDir, silentLog);
    await query(embedded.url, 'create table kept (); insert into kept default values');
    for (const signal of ['SIGKILL', 'SIGINT'] as const) {
      const pid = await serverPid(dataDir);
      assert.ok(pid !== null);
      process.kill(pid, signal);
      const next = await until('another server', async () => {
        const found = await serverPid(dataDir);
        return found !== pid && found;
      });
      assert.notEqual(next, pid);
      await until('an answer', () => query(embedded.url, 'select from kept').catch(() => null));
      await embedded.ensureRunning();
    }
    await embedded.close();
    assert.equal(await serverPid(dataDir), null);
  });

  it('gives up on a server that dies again and again', async (t) => {
    const dataDir = await dataDirectory(t);
    const embedded = await openEmbedded(dataDir, silentLog);
    for (let death = 1; death <= 6; death += 1) {
      const pid = await until('a server', () => serverPid(dataDir));
      await embedded.ensureRunning();
      process.kill(pid, 'SIGKILL');
      await until('its end', async () => (await serverPid(dataDir)) !== pid);
      if (death < 6) {
        await until('an answer', () => query(embedded.url, 'select 1').catch(() => null));
        await embedded.ensureRunning();
      }
    }
    await assert.rejects(
      until('the refusal', () => embedded.ensureRunning().then(() => false)),
      { code: 'KC_EMBEDDED_START' },
    );
    await embedded.close();
  });

  it('starts over a postmaster.pid whose number another process of the same user has now', async (t) => {
    const dataDir = await dataDirectory(t);
    await (await openEmbedded(dataDir, silentLog)).close();
    const pgdata = join(dataDir, 'postgres/pgdata');
    const { uid, gid } = await stat(pgdata);
    const stranger = spawn('sleep', ['600'], { uid, gid, stdio: 'ignore' });
    t.after(() => stranger.kill());
    const file = join(pgdata, 'postmaster.pid');
    await writeFile(file, `${stranger.pid}\n${pgdata}\n1790000000\n5432\n\n127.0.0.1\n  1234567   1234567\nready   \n`);
    await chown(file, uid, gid);
    const embedded = await openEmbedded(dataDir, silentLog);
    assert.deepEqual(await query(embedded.url, 'select 1 as one'), [{ one: 1 }]);
    assert.equal(embedded.joined, false);
    await embedded.close();
    assert.equal(stranger.exitCode, null, 'the stranger was left alone');
  });

  it('makes the cluster anew when making it was interrupted', async (t) => {
    const dataDir = await dataDirectory(t);
    const dead = spawn('true');
    await once(dead, 'exit');
    const left = join(dataDir, `.postgres-${dead.pid}-00c0ffee`);
    await mkdir(join(left, 'pgdata/base'), { recursive: true });
    await writeFile(join(left, 'pgdata/PG_VERSION'), '18\n');
    const embedded = await openEmbedded(dataDir, silentLog);
    assert.deepEqual(await query(embedded.url, 'select 1 as one'), [{ one: 1 }]);
    await embedded.close();
    assert.deepEqual(await readdir(dataDir), ['postgres']);
  });

  it('survives the death of a process that is just making the cluster', async (t) => {
    const dataDir = await dataDirectory(t);
    const child = spawn(process.execPath, [CHILD, dataDir], { stdio: 'ignore' });
    await until('the first files', async () => (await readdir(dataDir)).some((name) => name.startsWith('.postgres-')));
    child.kill('SIGKILL');
    await once(child, 'exit');
    const embedded = await openEmbedded(dataDir, silentLog);
    assert.deepEqual(await query(embedded.url, 'select 1 as one'), [{ one: 1 }]);
    await embedded.close();
  });

  it('refuses a cluster of another major version', async (t) => {
    const dataDir = await dataDirectory(t);
    await (await openEmbedded(dataDir, silentLog)).close();
    await writeFile(join(dataDir, 'postgres/pgdata/PG_VERSION'), '17\n');
    await assert.rejects(openEmbedded(dataDir, silentLog), { code: 'KC_DATABASE_VERSION' });
    await writeFile(join(dataDir, 'postgres/pgdata/PG_VERSION'), '18\n');
  });

  it('says what the server said when it does not start', async (t) => {
    const dataDir = await dataDirectory(t);
    await (await openEmbedded(dataDir, silentLog)).close();
    await writeFile(join(dataDir, 'postgres/pgdata/postgresql.conf'), 'work_mem = many\n');
    await assert.rejects(openEmbedded(dataDir, silentLog), (error: { code: string; message: string }) => {
      assert.equal(error.code, 'KC_EMBEDDED_START');
      assert.match(error.message, /work_mem/);
      return true;
    });
  });

  it('says so when the password was lost', async (t) => {
    const dataDir = await dataDirectory(t);
    await (await openEmbedded(dataDir, silentLog)).close();
    await writeFile(join(dataDir, 'postgres/password'), 'another\n');
    let opened: Embedded | null = null;
    await assert.rejects(
      openEmbedded(dataDir, silentLog).then((embedded) => {
        opened = embedded;
      }),
      { code: 'KC_EMBEDDED_ACCESS' },
    );
    assert.equal(opened, null);
    assert.equal(await serverPid(dataDir), null, 'the server that was started for nothing is stopped');
  });

  it('takes the next port when another program has the last one', async (t) => {
    const dataDir = await dataDirectory(t);
    const first = await openEmbedded(dataDir, silentLog);
    await first.close();
    const { createServer } = await import('node:net');
    const squatter = createServer().listen(Number(new URL(first.url).port), '127.0.0.1');
    await once(squatter, 'listening');
    t.after(() => squatter.close());
    const second = await openEmbedded(dataDir, silentLog);
    assert.notEqual(second.url, first.url);
    assert.deepEqual(await query(second.url, 'select 1 as one'), [{ one: 1 }]);
    await second.close();
  });

  it('works below a directory that only root may enter', { skip: isRoot ? false : 'needs root' }, async (t) => {
    const closed = await mkdtemp(join(tmpdir(), 'kubecensus-closed-'));
    t.after(() => rm(closed, { recursive: true, force: true }));
    await chmod(closed, 0o700);
    const dataDir = await dataDirectory(t, closed);
    const embedded = await openEmbedded(dataDir, silentLog);
    assert.deepEqual(await query(embedded.url, 'select 1 as one'), [{ one: 1 }]);
    const owner = (await stat(join(dataDir, 'postgres/pgdata'))).uid;
    assert.notEqual(owner, 0);
    await embedded.close();
  });

  it('runs as an ordinary user, who may not use what root made', {
    skip: isRoot ? false : 'needs root to become somebody else',
  }, async (t) => {
    const nobody = { uid: 65_534, gid: 65_534 };
    const parent = await dataDirectory(t);
    await chown(parent, nobody.uid, nobody.gid);
    const open = (dataDir: string): string => {
      const script = `const { openEmbedded } = await import(${JSON.stringify(new URL('../../services/platform/db/embedded.ts', import.meta.url).href)});
        const log = { debug() {}, warn() {}, error() {} };
        const embedded = await openEmbedded(${JSON.stringify(dataDir)}, log).catch((error) => ({ code: error.code, close() {} }));
        console.log(embedded.code ?? 'opened');
        await embedded.close();`;
      return execFileSync(process.execPath, ['--input-type=module-typescript', '-e', script], {
        ...nobody,
        encoding: 'utf8',
        cwd: parent,
      }).trim();
    };
    assert.equal(open(join(parent, 'own')), 'opened');
    const own = await stat(join(parent, 'own/postgres/pgdata'));
    assert.equal(own.uid, nobody.uid);
    // Root goes on with it as its owner, and leaves it usable for them.
    const asRoot = await openEmbedded(join(parent, 'own'), silentLog);
    await asRoot.close();
    assert.equal((await stat(join(parent, 'own/postgres/pgdata'))).uid, nobody.uid);
    const rootsOwn = join(parent, 'root');
    await (await openEmbedded(rootsOwn, silentLog)).close();
    assert.equal(open(rootsOwn), 'KC_EMBEDDED_ACCESS');
  });

  it('says which package is missing', async () => {
    await assert.rejects(findBinaries('sunos', 'sparc'), { code: 'KC_EMBEDDED_UNAVAILABLE', message: /sunos-sparc/ });
    await assert.rejects(findBinaries('win32', 'x64'), { code: 'KC_EMBEDDED_UNAVAILABLE' });
  });
});
