// The lab on real sockets: what a stranger with net and tls sees of it.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import type { LabHost, LabKind, LabService } from '../../services/lab/host.ts';
import { type RunningHosts, startHosts } from '../../services/lab/hosts.ts';
import { planWorld } from '../../services/lab/world.ts';
import { capture, shape } from './capture.ts';
import { dialPlain, dialTls, firstFlight, GET, type Patience } from './dial.ts';

/** Places that startLab reaches last, so that tests of other files do not meet these hosts. */
const world = planWorld({ seed: 'hosts', hosts: 300, now: new Date(), place: 13 });

function find(
  kind: LabKind,
  test: (service: LabService, host: LabHost) => boolean = () => true,
): { address: string; port: number; service: LabService } {
  for (const host of world.hosts) {
    for (const service of host.services)
      if (service.kind === kind && test(service, host)) return { address: host.address, port: service.port, service };
  }
  throw new Error(`no ${kind}`);
}

const script = (name: string) => find('hostile', (service) => service.script === name);

/** DER of a DN with one CN, as a CertificateRequest carries it. */
const dn = (cn: string) =>
  Buffer.concat([Buffer.from([0x06, 0x03, 0x55, 0x04, 0x03, 0x0c, cn.length]), Buffer.from(cn)]);

describe('300 hosts', () => {
  let lab: RunningHosts;
  let handles: number;
  before(async () => {
    handles = process.getActiveResourcesInfo().length;
    lab = await startHosts(world);
  });
  after(async () => {
    await lab.close();
    // Handles are closed after the callbacks of one turn of the loop.
    await turn();
    await turn();
    assert.ok(
      process.getActiveResourcesInfo().length <= handles,
      `left over: ${process.getActiveResourcesInfo().join()}`,
    );
  });

  it('answers two requests on one connection and counts the connection', async () => {
    const { address, port, service } = find(
      'kube-apiserver',
      ({ anonymous, transport }) => anonymous === 'public' && transport === 'tls',
    );
    const { text, tls, error } = await dialTls(address, port, GET('/version', '') + GET('/healthz'));
    assert.equal(error, null);
    assert.deepEqual([tls?.protocol, tls?.alpn], ['TLSv1.3', 'http/1.1']);
    assert.equal(text.match(/HTTP\/1\.1 200 OK/g)?.length, 2);
    assert.ok(text.includes(`"gitVersion": "${service.truth.gitVersion}"`));
    assert.ok(text.endsWith('\r\n\r\nok'));
    assert.equal(lab.dials()[`${address}:${port}`], 1);
  });

  it('serves TLS 1.2, too', async () => {
    const { address, port } = find('kubelet');
    const { text, tls } = await dialTls(address, port, GET('/'), { maxVersion: 'TLSv1.2' });
    assert.equal(tls?.protocol, 'TLSv1.2');
    const real = capture('kubelet-10250').requests.find(({ path }) => path === '/');
    assert.deepEqual(shape(text), shape(real?.response ?? ''));
  });

  it('asks for client certificates of the cluster, without demanding them', async () => {
    const api = find('kube-apiserver', ({ acceptableCAs }) => acceptableCAs.includes('front-proxy-ca'));
    const flight = await firstFlight(api.address, api.port);
    assert.ok(flight.includes(dn('kubernetes')) && flight.includes(dn('front-proxy-ca')));
    const node = find('kubelet');
    const ofNode = await firstFlight(node.address, node.port);
    assert.ok(ofNode.includes(dn('kubernetes')) && !ofNode.includes(dn('front-proxy-ca')));
    const web = find('web');
    assert.ok(!(await firstFlight(web.address, web.port)).includes(dn('kubernetes')));
  });

  it('lets a stranger read the certificate of etcd and nothing else', async () => {
    const { address, port, service } = find('etcd-client', ({ clientCertificate }) => clientCertificate === 'required');
    const modern = await dialTls(address, port, GET('/version'));
    assert.deepEqual([modern.tls?.alpn, modern.tls?.subject], [false, service.certificate?.subject[0]?.[1]]);
    assert.match(modern.error ?? '', /ALERT_CERTIFICATE_REQUIRED$/);
    assert.equal(modern.text, '');
    const old = await dialTls(address, port, GET('/version'), { maxVersion: 'TLSv1.2' });
    assert.match(old.error ?? '', /ALERT/);
    assert.equal(old.tls, null);
  });

  it('tells plain HTTP on a TLS port what Go tells it; etcd says nothing', async () => {
    const api = find('kube-apiserver', ({ transport }) => transport === 'tls');
    const { text } = await dialPlain(api.address, api.port, GET('/version'));
    assert.equal(text, capture('kube-apiserver-6443').plainHttpToTlsPort?.response);
    const etcd = find('etcd-client');
    assert.equal((await dialPlain(etcd.address, etcd.port, GET('/version'))).text, '');
  });

  it('answers a ClientHello on a plain port with something that is no TLS', async () => {
    const { address, port } = find('kubelet-readonly');
    assert.match((await dialTls(address, port, GET('/healthz'))).error ?? '', /WRONG_VERSION_NUMBER|PACKET_LENGTH/);
  });

  it('plays its hostile parts', async () => {
    const over = (name: string, patience: Patience = {}) => {
      const { address, port } = script(name);
      return dialTls(address, port, GET('/version'), patience);
    };
    assert.match((await over('resets-hello')).error ?? '', /ECONNRESET/);
    assert.match((await over('closes')).error ?? '', /ECONNRESET/); // node's word for an end before the handshake
    assert.match((await over('alert')).error ?? '', /HANDSHAKE_FAILURE/);
    for (const name of ['garbage', 'banner', 'plain-http']) {
      assert.match((await over(name)).error ?? '', /WRONG_VERSION_NUMBER/, name);
    }
    const silent = await over('silence', { silenceMs: 200 });
    assert.deepEqual([silent.tls, silent.text, silent.error], [null, '', null]);
    assert.equal((await over('silent-http', { silenceMs: 200 })).text, '');
    assert.match((await over('header-flood', { enough: 500_000 })).text, /\r\n(X-Flood: a{1000}\r\n){400}/);
    assert.match((await over('body-flood', { enough: 1_000_000 })).text, /\r\n\r\nb{100000}/);
    assert.match((await over('interim-flood', { enough: 10_000 })).text, /^(HTTP\/1\.1 102 Processing\r\n\r\n){100}/);
    assert.match((await over('header-drip', { enough: 2 })).text, /^HT$/);
    const redirect = (await over('redirect')).text;
    assert.match(redirect, /^HTTP\/1\.1 302 Found\r\nLocation: http:\/\/169\.254\.169\.254\//);
  });

  it('has nothing where nothing listens', async () => {
    const gone = world.hosts.find(({ recipe }) => recipe === 'gone');
    assert.equal((await dialPlain(gone?.address ?? '', 6443, 'x')).error, 'ECONNREFUSED');
  });
});

describe('an address that is taken', () => {
  it('is an error that leaves nothing open', async () => {
    const small = planWorld({ seed: 'twice', hosts: 20, now: new Date(), place: 14 });
    const first = await startHosts(small);
    await assert.rejects(startHosts(small), { code: 'EADDRINUSE' });
    await first.close();
    await (await startHosts(small)).close();
  });
});

describe('2,000 hosts', () => {
  it('start within seconds', async (t) => {
    const began = performance.now();
    const large = planWorld({ seed: 'large', hosts: 2000, now: new Date(), place: 15 });
    const planned = performance.now();
    const lab = await startHosts(large);
    const started = performance.now();
    await lab.close();
    t.diagnostic(
      `planned in ${Math.round(planned - began)} ms, started in ${Math.round(started - planned)} ms, closed in ${Math.round(performance.now() - started)} ms`,
    );
    assert.equal(Object.keys(lab.dials()).length, 0);
  });
});
