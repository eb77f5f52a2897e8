// The HTTP client against servers that behave in every bad way, on real sockets.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createSocketServer, type Socket } from 'node:net';
import { after, describe, it, type TestContext } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { HttpClient } from '../../services/feeds/http.ts';
import { type ClientRequest, createClient } from '../../services/platform/net/client.ts';

const client = createClient({ userAgent: 'kubecensus-test/1.0' });
after(() => client.close());

/** The compiler compares the two declarations of the shape here. */
const asFeedsSeeIt: HttpClient = client.request;

const ask = (url: string, more: Partial<ClientRequest> = {}): ReturnType<HttpClient> =>
  asFeedsSeeIt({ url, maxBytes: 1_000_000, signal: AbortSignal.timeout(60_000), ...more });

/** An HTTP server for the test; resolves with its URL. */
async function serve(
  t: TestContext,
  handle: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<string> {
  const server: Server = createServer(handle).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
}

/** A server that writes bytes of its own to whoever has sent something. */
async function serveRaw(t: TestContext, answer: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createSocketServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('data', () => answer(socket));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
}

describe('the HTTP client', () => {
  it('sends what it is told, and its own name whatever it is told', async (t) => {
    const url = await serve(t, async (request, response) => {
      const body = (await request.toArray()).join('');
      response.setHeader('x-many', ['a', 'b']);
      response.end(JSON.stringify({ method: request.method, url: request.url, headers: request.headers, body }));
    });
    const reply = await ask(`${url}/a?b=c`, {
      method: 'POST',
      body: 'ü',
      headers: { 'Content-Type': 'text/plain', 'User-Agent': 'Mozilla/5.0', Authorization: 'Bearer x' },
    });
    const seen = JSON.parse(Buffer.from(reply.body).toString()) as {
      method: string;
      url: string;
      headers: Record<string, string>;
      body: string;
    };
    assert.equal(reply.status, 200);
    assert.equal(reply.headers['x-many'], 'a, b');
    assert.deepEqual([seen.method, seen.url, seen.body], ['POST', '/a?b=c', 'ü']);
    assert.equal(seen.headers['user-agent'], 'kubecensus-test/1.0');
    assert.equal(seen.headers['accept-encoding'], 'identity');
    assert.equal(seen.headers['authorization'], 'Bearer x');
    assert.equal(seen.headers['cookie'], undefined);
  });

  it('follows no redirect and returns every status as a reply', async (t) => {
    let hits = 0;
    const url = await serve(t, (request, response) => {
      hits += 1;
      const status = Number(request.url?.slice(1));
      response.writeHead(status, { location: '/200' }).end();
    });
    for (const status of [200, 204, 302, 404, 429, 503]) {
      const reply = await ask(`${url}/${status}`);
      assert.equal(reply.status, status);
      assert.equal(reply.headers['location'], '/200');
    }
    assert.equal(hits, 6);
  });

  it('does not undo a content coding', async (t) => {
    const packed = gzipSync('x'.repeat(10_000));
    const url = await serve(t, (request, response) => {
      assert.equal(request.headers['accept-encoding'], 'gzip');
      response.setHeader('content-encoding', 'gzip').end(packed);
    });
    const reply = await ask(url, { maxBytes: packed.byteLength, headers: { 'Accept-Encoding': 'gzip' } });
    assert.equal(reply.headers['content-encoding'], 'gzip');
    assert.deepEqual(Buffer.from(reply.body), packed);
  });

  it('stops reading at the cap, declared or not, and accepts a body of exactly that size', async (t) => {
    const url = await serve(t, (request, response) => {
      if (request.url === '/exact') response.end(Buffer.alloc(1_000));
      else if (request.url === '/declared')
        response.writeHead(200, { 'content-length': '1000000000000' }).flushHeaders();
      else {
        const more = (): void => {
          while (!response.destroyed && response.write(Buffer.alloc(16_384)));
        };
        response.on('drain', more);
        more();
      }
    });
    assert.equal((await ask(`${url}/exact`, { maxBytes: 1_000 })).body.byteLength, 1_000);
    for (const path of ['declared', 'endless'])
      await assert.rejects(ask(`${url}/${path}`, { maxBytes: 1_000 }), { code: 'NET_TOO_LARGE' }, path);
    await assert.rejects(ask(`${url}/exact`, { maxBytes: 999 }), { code: 'NET_TOO_LARGE' });
  });

  it('ends by its own deadline, however slowly the server goes on', async (t) => {
    const hasty = createClient({ userAgent: 'x', totalTimeoutMs: 300 });
    t.after(() => hasty.close());
    const drip = (head: string) => (socket: Socket) => {
      socket.write(head);
      const timer = setInterval(() => socket.write('x'), 10);
      socket.on('close', () => clearInterval(timer));
    };
    const servers = [
      await serveRaw(t, () => undefined),
      await serveRaw(t, drip('HTTP/1.1 200 OK\r\nx-drip: ')),
      await serveRaw(t, drip('HTTP/1.1 200 OK\r\ncontent-length: 900000\r\n\r\n')),
    ];
    for (const url of servers) {
      await assert.rejects(hasty.request({ url, maxBytes: 1_000_000, signal: new AbortController().signal }), {
        code: 'NET_DEADLINE',
      });
    }
  });

  it("rejects with the signal's reason when the caller gives up, before and while it runs", async (t) => {
    const url = await serveRaw(t, () => stop.abort(reason));
    const stop = new AbortController();
    const reason = new Error('enough');
    await assert.rejects(ask(url, { signal: stop.signal }), (error) => error === reason);
    await assert.rejects(ask(url, { signal: stop.signal }), (error) => error === reason);
  });

  it('names every other failure by a code', async (t) => {
    const closing = await serveRaw(t, (socket) => socket.end());
    const short = await serveRaw(t, (socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc'));
    const chunk = await serveRaw(t, (socket) =>
      socket.end('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nab'),
    );
    for (const url of [closing, short, chunk]) await assert.rejects(ask(url), { code: 'NET_INCOMPLETE' }, url);
    const garbage = await serveRaw(t, (socket) => socket.end('SSH-2.0-OpenSSH_9.2\r\n'));
    await assert.rejects(ask(garbage), { code: 'NET_MALFORMED' });
    const headers = await serveRaw(t, (socket) => socket.end(`HTTP/1.1 200 OK\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`));
    await assert.rejects(ask(headers), { code: 'UND_ERR_HEADERS_OVERFLOW' });
    await assert.rejects(ask('http://127.0.0.1:1/'), { code: 'ECONNREFUSED' });
    for (const url of ['file:///etc/passwd', 'ftp://127.0.0.1/', 'nonsense', 'http://user:pass@127.0.0.1/'])
      await assert.rejects(ask(url), { code: 'NET_BAD_URL' }, url);
  });

  it('does not take a plain server for a TLS one', async (t) => {
    const url = await serve(t, (_request, response) => response.end());
    await assert.rejects(ask(url.replace('http:', 'https:')), { code: /^ERR_SSL_/ });
  });

  it('asks no proxy of the environment', async (t) => {
    const url = await serve(t, (_request, response) => response.end('direct'));
    const proxy = await serve(t, (_request, response) => response.end('proxied'));
    for (const name of ['http_proxy', 'HTTP_PROXY', 'all_proxy']) process.env[name] = proxy;
    t.after(() => {
      for (const name of ['http_proxy', 'HTTP_PROXY', 'all_proxy']) delete process.env[name];
    });
    const fresh = createClient({ userAgent: 'x' });
    t.after(() => fresh.close());
    const reply = await fresh.request({ url, maxBytes: 100, signal: AbortSignal.timeout(60_000) });
    assert.equal(Buffer.from(reply.body).toString(), 'direct');
  });

  it('opens only so many connections to one origin', async (t) => {
    let now = 0;
    let most = 0;
    const waiting: ServerResponse[] = [];
    const url = await serve(t, (_request, response) => {
      now += 1;
      most = Math.max(most, now);
      waiting.push(response);
      // Answered when as many wait as may: more at a time would be seen before that.
      setImmediate(() => {
        for (const each of waiting.splice(0)) {
          now -= 1;
          each.end();
        }
      });
    });
    const narrow = createClient({ userAgent: 'x', connectionsPerOrigin: 2 });
    t.after(() => narrow.close());
    await Promise.all(
      Array.from({ length: 20 }, () => narrow.request({ url, maxBytes: 10, signal: AbortSignal.timeout(60_000) })),
    );
    assert.ok(most <= 2, `${most} at a time`);
  });

  it('cuts what is running when it is closed', async (t) => {
    const started = Promise.withResolvers<void>();
    const url = await serveRaw(t, () => started.resolve());
    const closing = createClient({ userAgent: 'x' });
    const running = closing.request({ url, maxBytes: 10, signal: AbortSignal.timeout(60_000) });
    const refused = assert.rejects(running, { code: 'UND_ERR_DESTROYED' });
    await started.promise;
    await closing.close();
    await refused;
    await assert.rejects(closing.request({ url, maxBytes: 10, signal: AbortSignal.timeout(60_000) }), {
      code: /^UND_ERR_/,
    });
  });
});
