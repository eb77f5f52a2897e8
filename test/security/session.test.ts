// The dashboard's session: sealed, ending by itself, of this host only, and begun or ended by nobody else's form.
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { isOwnForm, keyInCookie, signInCookie } from '../../services/api/pages/session.ts';
import { startApi } from '../support/api.ts';
import { NOW } from '../support/observations.ts';

const HOUR_MS = 3600 * 1000;
const FORM = { 'content-type': 'application/x-www-form-urlencoded' };

async function signedIn(t: TestContext, publicUrl: string | null, now: () => Date = () => NOW) {
  const api = await startApi(t, { now, settings: { publicUrl } });
  const key = await api.key(['aggregate:read']);
  const post = (path: string, headers: Record<string, string> = {}) =>
    api.get(path, null, { method: 'POST', redirect: 'manual', headers: { ...FORM, ...headers }, body: `key=${key}` });
  const cookie = (await post('/session')).headers.get('set-cookie') ?? '';
  const see = async (sent: string): Promise<number> => (await api.get('/', null, { headers: { cookie: sent } })).status;
  return { key, post, see, cookie, pair: cookie.split(';')[0] as string };
}

test('the cookie is for this host, no script and no other site, and does not tell the key', async (t) => {
  const plain = await signedIn(t, null);
  assert.match(plain.cookie, /^kubecensus_session=[\w-]+; Path=\/; HttpOnly; SameSite=Strict; Max-Age=43200$/);
  const tls = await signedIn(t, 'https://census.example.org');
  assert.match(
    tls.cookie,
    /^__Host-kubecensus_session=[\w-]+; Path=\/; HttpOnly; SameSite=Strict; Max-Age=43200; Secure$/,
  );
  for (const { key, cookie, pair, see } of [plain, tls]) {
    assert.ok(!cookie.includes(key) && !Buffer.from(pair.split('=')[1] ?? '', 'base64url').includes(key));
    assert.notEqual(await see(pair), 401);
  }
  // A neighbour below the same domain can plant the plain name only.
  assert.equal(await tls.see(tls.pair.replace('__Host-', '')), 401);
  const ended = await plain.post('/session/end');
  assert.match(ended.headers.get('set-cookie') ?? '', /^kubecensus_session=; .*Max-Age=0/);
});

test('a session ends after its time whatever the browser keeps, and one that was not made here is none', async (t) => {
  let at = NOW;
  const { pair, see, key } = await signedIn(t, null, () => at);
  at = new Date(NOW.getTime() + 12 * HOUR_MS - 1);
  assert.notEqual(await see(pair), 401);
  at = new Date(NOW.getTime() + 12 * HOUR_MS);
  assert.equal(await see(pair), 401);
  at = NOW;
  const iv = new Uint8Array(12);
  const foreign = signInCookie(key, 'another secret', false, NOW, iv).split(';')[0] as string;
  assert.equal(keyInCookie(foreign, 'another secret', false, NOW), key);
  const bytes = Buffer.from(pair.split('=')[1] ?? '', 'base64url');
  for (const flip of [0, 12, 28, bytes.length - 1]) {
    const spoilt = Buffer.from(bytes);
    spoilt[flip] = (spoilt[flip] ?? 0) ^ 1;
    assert.equal(await see(`kubecensus_session=${spoilt.toString('base64url')}`), 401, `byte ${flip}`);
  }
  for (const sent of [
    foreign,
    `kubecensus_session=${key}`,
    `kubecensus_key=${key}`,
    'kubecensus_session=',
    'kubecensus_session=AAAA',
  ])
    assert.equal(await see(sent), 401, sent);
});

test('forms of other sites sign nobody in or out', async (t) => {
  const { post } = await signedIn(t, 'https://census.example.org');
  for (const path of ['/session', '/session/end']) {
    for (const headers of [
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
      { origin: 'https://evil.example.org' },
      { origin: 'null' },
    ]) {
      const answer = await post(path, headers as Record<string, string>);
      assert.deepEqual([answer.status, answer.headers.get('set-cookie')], [403, null], JSON.stringify(headers));
    }
    for (const headers of [{ 'sec-fetch-site': 'same-origin' }, { origin: 'https://census.example.org' }, {}])
      assert.equal((await post(path, headers as Record<string, string>)).status, 303, JSON.stringify(headers));
  }
  assert.equal(isOwnForm({ host: '127.0.0.1:8650', origin: 'http://127.0.0.1:8650' }, null), true);
  assert.equal(isOwnForm({ host: '127.0.0.1:8650', origin: 'http://127.0.0.1:8651' }, null), false);
});
