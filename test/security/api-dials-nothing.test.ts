// The API cannot be used to make us dial: whatever stands in a path, a query, a body or a header, no socket leaves and no name is looked up.
import assert from 'node:assert/strict';
import { createHook } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { test } from 'node:test';
import { startApi } from '../support/api.ts';

interface Schema {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
}
interface Operation {
  readonly parameters?: readonly { readonly name: string; readonly in: string }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> };
}

/** What Node does when a process speaks first: a connection, a look-up by the system, a question to a name server, a datagram. */
const OUTWARD = [
  'TCPCONNECTWRAP',
  'PIPECONNECTWRAP',
  'GETADDRINFOREQWRAP',
  'GETNAMEINFOREQWRAP',
  'QUERYWRAP',
  'UDPSENDWRAP',
];
/** Bodies that are taken, into which what is hostile is put field by field. */
const BODIES: Readonly<Record<string, object>> = {
  '/v1/opt-outs': { kind: 'address', value: '192.0.2.1' },
  '/v1/exports': { dataset: 'endpoints', format: 'csv', survey: 'S1' },
  '/session': { key: 'kc_0' },
};

test('no route connects to anything or looks anything up', async (t) => {
  let connections = 0;
  const trap = createServer((socket) => {
    connections++;
    socket.destroy();
  }).listen(0, '127.0.0.1');
  await once(trap, 'listening');
  t.after(() => trap.close());
  const { port } = trap.address() as AddressInfo;
  const hostile = [
    `http://127.0.0.1:${port}/`,
    `127.0.0.1:${port}`,
    '127.0.0.1',
    'trap.example.org',
    `webhook:http://127.0.0.1:${port}/`,
  ];

  const api = await startApi(t);
  const key = await api.key(['admin', 'aggregate:read', 'host:read'], ['0.0.0.0/0', '::/0']);
  /** Ports that this test speaks to itself: the API's, and the API's own database. */
  const { rows } = await api.database.pool.query<{ port: number }>('select inet_server_port() as port');
  const own = new Set([Number(new URL(api.url).port), rows[0]?.port]);
  const left: string[] = [];
  const hook = createHook({
    init(_id, type, _trigger, resource) {
      if (!OUTWARD.includes(type)) return;
      const { port: to } = resource as { port?: number };
      if (to === undefined || !own.has(to)) left.push(`${type} ${String(to)}`);
    },
  });

  const document = (await (await api.get('/v1/openapi.json', key)).json()) as {
    paths: Record<string, Record<string, Operation>>;
  };
  const routes = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
  );
  assert.ok(routes.length > 20);
  let asked = 0;
  const ask = async (
    method: string,
    path: string,
    body: object | null,
    headers: Record<string, string> = {},
  ): Promise<void> => {
    const response = await api.get(path, key, {
      method,
      headers: {
        'idempotency-key': randomUUID(),
        ...(body === null ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      body: body === null ? null : JSON.stringify(body),
      redirect: 'manual',
    });
    await response.arrayBuffer();
    assert.ok(response.status !== 500, `${method} ${path}: ${response.status}`);
    asked++;
  };

  hook.enable();
  for (const { path, method, operation } of routes)
    for (const value of hostile) {
      const filled = path.replace(/\{\w+\}/g, encodeURIComponent(value));
      const body = method === 'GET' ? null : (BODIES[path] ?? null);
      const queries = (operation.parameters ?? []).filter((parameter) => parameter.in === 'query');
      for (const query of [null, ...queries])
        await ask(method, query === null ? filled : `${filled}?${query.name}=${encodeURIComponent(value)}`, body);
      const fields = Object.keys(operation.requestBody?.content['application/json']?.schema.properties ?? {});
      assert.ok(
        fields.length === 0 || method === 'DELETE' || body !== null || path.includes('{'),
        `${path} needs a body here`,
      );
      for (const field of fields) await ask(method, filled, { ...body, [field]: value });
    }
  for (const value of hostile)
    for (const name of [
      'host',
      'x-forwarded-host',
      'x-forwarded-for',
      'forwarded',
      'origin',
      'referer',
      'x-original-url',
    ])
      await ask('GET', '/v1/surveys', null, { [name]: value.replaceAll('/', '') });
  hook.disable();
  assert.deepEqual([...new Set(left)], []);
  assert.equal(connections, 0);
  assert.ok(asked > 300, `${asked} requests`);

  // What would have been seen.
  hook.enable();
  await fetch(`http://127.0.0.1:${port}/`).catch(() => undefined);
  hook.disable();
  assert.deepEqual([left.length > 0, connections], [true, 1]);
});
