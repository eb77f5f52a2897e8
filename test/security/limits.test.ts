// What strangers send is bounded where it arrives: packed replies and messages, packed requests, and how often somebody asks.
import assert from 'node:assert/strict';
import { createHash, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { test } from 'node:test';
import { constants, deflateRawSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { plainBody } from '../../services/feeds/certificate-transparency/content-coding.ts';
import { createClient } from '../../services/platform/net/client.ts';
import { startApi } from '../support/api.ts';

const MIB = 1024 * 1024;
const ZEROS = Buffer.alloc(64 * MIB);
/** RFC 6455, 1.3. */
const WEB_SOCKET_GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

test('a packed reply is opened up to its cap', async () => {
  for (const [coding, pack] of [
    ['gzip', gzipSync],
    ['zstd', zstdCompressSync],
  ] as const) {
    const bomb = pack(ZEROS);
    assert.ok(bomb.length < MIB);
    await assert.rejects(plainBody(bomb, coding, MIB), { code: 'ERR_BUFFER_TOO_LARGE' }, coding);
    assert.equal((await plainBody(pack(ZEROS.subarray(0, MIB)), coding, MIB)).length, MIB);
  }
});

test('a message of a WebSocket that opens to more than any feed reads ends the connection', async (t) => {
  const open = new Set<Socket>();
  const server = createServer().listen(0, '127.0.0.1');
  server.on('upgrade', (request, socket: Socket) => {
    open.add(socket.on('error', () => undefined));
    const accept = createHash('sha1')
      .update(`${request.headers['sec-websocket-key']}${WEB_SOCKET_GUID}`)
      .digest('base64');
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n`,
    );
    for (const size of [MIB, ZEROS.length]) {
      // RFC 7692, 7.2.1: flushed, without the empty block that follows.
      const packed = deflateRawSync(Buffer.alloc(size, 'a'), { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4);
      const head = Buffer.alloc(10);
      // FIN, RSV1 (packed), text; a length of 64 bits.
      head.writeUInt16BE(0xc17f);
      head.writeBigUInt64BE(BigInt(packed.length), 2);
      socket.write(Buffer.concat([head, packed]));
    }
  });
  await once(server, 'listening');
  t.after(() => {
    for (const socket of open) socket.destroy();
    server.close();
  });
  const client = createClient({ userAgent: 'kubecensus test' });
  t.after(() => client.close());
  const got: number[] = [];
  const ended = await new Promise<string>((resolve) =>
    client.openSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}/`, {
      open: () => undefined,
      message: (text) => void got.push(text.length),
      end: resolve,
    }),
  );
  assert.deepEqual(got, [MIB]);
  assert.match(ended, /^closed with code/);
});

test('the API opens no packed body, and takes none that is larger than an opt-out needs', async (t) => {
  const api = await startApi(t);
  const key = await api.key(['admin']);
  const post = (body: Uint8Array, coding: string | null) =>
    api.get('/v1/opt-outs', key, {
      method: 'POST',
      body: Buffer.from(body),
      headers: {
        'content-type': 'application/json',
        'idempotency-key': randomUUID(),
        ...(coding === null ? {} : { 'content-encoding': coding }),
      },
    });
  const small = Buffer.from(JSON.stringify({ kind: 'address', value: '192.0.2.1' }));
  const taken = await post(small, null);
  assert.equal(taken.status, 201, await taken.text());
  for (const coding of ['gzip', 'deflate', 'br', 'zstd'])
    assert.equal((await post(gzipSync(small), coding)).status, 400, coding);
  assert.equal((await post(gzipSync(ZEROS.subarray(0, 32 * MIB)), 'gzip')).status, 400);
  assert.equal((await post(ZEROS.subarray(0, 65 * 1024), null)).status, 413);
});

test('who says in a header where they come from is believed only through a proxy that is trusted', async (t) => {
  const statuses = async (trustedProxies: readonly string[], forwarded: readonly string[]): Promise<number[]> => {
    const api = await startApi(t, { settings: { publicRequestsPerMinute: 2, trustedProxies } });
    const found: number[] = [];
    for (const from of forwarded)
      found.push((await api.get('/v1/surveys', null, { headers: { 'x-forwarded-for': from } })).status);
    return found;
  };
  assert.deepEqual(await statuses([], ['192.0.2.1', '192.0.2.2', '192.0.2.3']), [401, 401, 429]);
  assert.deepEqual(await statuses(['198.51.100.1'], ['192.0.2.1', '192.0.2.2', '192.0.2.3']), [401, 401, 429]);
  assert.deepEqual(
    await statuses(['127.0.0.1'], ['192.0.2.1', '192.0.2.1', '192.0.2.2', '192.0.2.1']),
    [401, 401, 401, 429],
  );
  // What the client wrote itself stands in front of what the proxy added.
  assert.deepEqual(
    await statuses(['127.0.0.1'], ['1.1.1.1, 192.0.2.1', '1.1.1.2, 192.0.2.1', '1.1.1.3, 192.0.2.1']),
    [401, 401, 429],
  );
  // An IPv6 client has a /64 and not a share for each of its addresses.
  assert.deepEqual(
    await statuses(['127.0.0.1'], ['2001:db8::1', '2001:db8::2', '2001:db8::3', '2001:db8:0:1::1']),
    [401, 401, 429, 401],
  );
});
