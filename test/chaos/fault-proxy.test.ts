// The fault proxy does what it says: without that, a chaos test shows nothing.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../platform/until.ts';
import { type FaultProxy, startFaultProxy } from './fault-proxy.ts';

interface Line {
  readonly proxy: FaultProxy;
  /** What the server read, of all connections. */
  readonly served: () => string;
  /** A client's connection that remembers what it read and how it ended. */
  dial(): Promise<{ socket: Socket; read: () => string; error: () => string | null; ended: () => boolean }>;
}

/** A server that says back what it is told, in capitals. */
async function line(t: TestContext): Promise<Line> {
  let served = '';
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (bytes) => {
      served += bytes;
      socket.write(String(bytes).toUpperCase());
    });
    socket.on('end', () => socket.end());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const proxy = await startFaultProxy(`tcp://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const sockets: Socket[] = [];
  t.after(async () => {
    for (const socket of sockets) socket.destroy();
    await proxy.close();
    server.close();
  });
  return {
    proxy,
    served: () => served,
    dial: async () => {
      const socket = connect({ port: proxy.port, host: '127.0.0.1', allowHalfOpen: true });
      sockets.push(socket);
      let text = '';
      let failed: string | null = null;
      let isEnded = false;
      socket.on('data', (bytes) => (text += bytes));
      socket.on('end', () => (isEnded = true));
      socket.on('error', (error: NodeJS.ErrnoException) => (failed = error.code ?? error.message));
      // A refusal may come before the connection is known here.
      await once(socket, 'connect').catch(() => undefined);
      return { socket, read: () => text, error: () => failed, ended: () => isEnded };
    },
  };
}

test('passes what is said, and a half-close, in both directions', async (t) => {
  const { dial, served } = await line(t);
  const { socket, read, ended } = await dial();
  socket.end('one');
  await until('the end', ended);
  assert.deepEqual([served(), read()], ['one', 'ONE']);
});

test('holds back while it hangs, and passes everything once healed', async (t) => {
  const { dial, proxy, served } = await line(t);
  const { socket, read } = await dial();
  proxy.hang();
  const late = await dial();
  socket.write('one');
  late.socket.write('two');
  await sleep(100);
  assert.equal(served(), '');
  proxy.heal();
  await until('both', () => read() === 'ONE' && late.read() === 'TWO');
});

test('delays', async (t) => {
  const { dial, proxy } = await line(t);
  const { socket, read } = await dial();
  proxy.delay(300);
  const before = performance.now();
  socket.write('one');
  await until('the answer', () => read() === 'ONE');
  assert.ok(performance.now() - before >= 299);
});

test('resets, is down, and is up again', async (t) => {
  const { dial, proxy } = await line(t);
  const first = await dial();
  await until('the connection', () => proxy.open === 1);
  proxy.down();
  await until('the reset', () => first.error() === 'ECONNRESET');
  const second = await dial();
  await until('the refusal', () => second.error() === 'ECONNRESET');
  proxy.heal();
  const third = await dial();
  third.socket.write('one');
  await until('the answer', () => third.read() === 'ONE');
});

test('half-closes towards the client, which may still speak', async (t) => {
  const { dial, proxy, served } = await line(t);
  const { socket, ended } = await dial();
  await until('the connection', () => proxy.open === 1);
  proxy.halfClose();
  await until('the end', ended);
  socket.write('one');
  await until('the words', () => served() === 'one');
});

test('cuts off after so many bytes', async (t) => {
  const { dial, proxy } = await line(t);
  const { socket, read, error } = await dial();
  socket.write('one');
  await until('the answer', () => read() === 'ONE');
  proxy.limit(5);
  socket.write('four');
  await until('the answer', () => read() === 'ONEFOUR');
  socket.write('more');
  await until('the reset', () => error() === 'ECONNRESET');
});

for (const isDelivered of [true, false])
  test(`cuts at a word that is ${isDelivered ? 'delivered' : 'lost'}, so often`, async (t) => {
    const { dial, proxy, served } = await line(t);
    proxy.cut({ bytes: Buffer.from('commit'), isDelivered, times: 1 });
    const { socket, read, error } = await dial();
    socket.write('begin');
    await until('the answer', () => read() === 'BEGIN');
    socket.write('commit');
    await until('the reset', () => error() === 'ECONNRESET');
    const again = await dial();
    again.socket.write('commit');
    await until('the answer', () => again.read() === 'COMMIT');
    assert.equal(served(), isDelivered ? 'begincommitcommit' : 'begincommit');
    assert.deepEqual([proxy.cuts, read()], [1, 'BEGIN']);
  });
