// nmap XML: a real run, and the forms that versions and scripts vary.
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { DOMParser } from 'linkedom';
import { NMAP } from '../../../services/feeds/formats/nmap.ts';
import { fixture } from './fixtures.ts';
import { parse, reasons, sightings } from './items.ts';

const XML = fixture('nmap.xml');

test('a real run: what another XML parser finds open is what is seen, with its certificate and its time', async () => {
  const document = new DOMParser().parseFromString(XML.replace('<!DOCTYPE nmaprun>', ''), 'text/xml');
  const open = [...document.querySelectorAll('port')].filter(
    (port) => port.querySelector('state')?.getAttribute('state') === 'open',
  );
  const items = await parse(NMAP, XML);
  const seen = sightings(items);
  assert.deepEqual(
    seen.map(({ host, port }) => `${host} ${port}`),
    open.map(
      (port) =>
        `${port.closest('host')?.querySelector('address')?.getAttribute('addr')} ${port.getAttribute('portid')}`,
    ),
  );
  assert.ok(seen.length >= 12);
  for (const [i, { evidence, observedAt }] of seen.entries()) {
    assert.equal(observedAt, '2026-11-24T16:39:49.000Z');
    assert.equal(evidence?.transport, 'tls');
    const leaf = new X509Certificate(Buffer.from(evidence?.tls?.chain?.[0] ?? '', 'base64'));
    const sha1 = open[i]?.querySelector('elem[key="sha1"]')?.textContent;
    assert.equal(leaf.fingerprint.replaceAll(':', '').toLowerCase(), sha1);
    assert.deepEqual(
      [
        ...(evidence?.certificate?.dnsNames ?? []).map((name) => `DNS:${name}`),
        ...(evidence?.certificate?.ipAddresses ?? []).map((ip) => `IP Address:${ip}`),
      ].join(', '),
      leaf.subjectAltName,
    );
  }
  assert.equal(
    reasons(items).every((reason) => reason.endsWith(': not_open')),
    true,
  );
});

test('without PEM the structure is read in any order, wrapped names whole, the user’s name as server name', async () => {
  const [tls, plain] = sightings(await parse(NMAP, fixture('nmap-varied.xml')));
  assert.deepEqual([tls?.host, tls?.port, tls?.observedAt], ['192.0.2.7', '6443', '2026-11-23T10:00:00.000Z']);
  assert.deepEqual(tls?.evidence?.certificate, {
    subject: 'CN=kube-apiserver',
    issuer: 'CN=kubernetes,O=Example\\, Inc.',
    dnsNames: [
      'node1',
      'kubernetes',
      'kubernetes.default',
      'kubernetes.default.svc',
      'kubernetes.default.svc.cluster.local',
    ],
    ipAddresses: ['10.96.0.1', 'FD00:0:0:0:0:0:0:1'],
    notBefore: '2026-11-24T16:35:44Z',
    notAfter: '2027-11-24T16:35:44Z',
  });
  assert.equal(tls?.evidence?.serverName, 'api.example.com');
  const [request] = tls?.evidence?.requests ?? [];
  assert.ok(request !== undefined && 'response' in request);
  assert.match(
    request.response,
    /^HTTP\/1\.0 403 Forbidden\r\nAudit-Id: [^\n]*\r\n[^\n]*\r\n\r\n\{"kind":"Status",.*"system:anonymous/,
  );
  assert.deepEqual([plain?.port, plain?.evidence?.transport], ['8001', 'plain']);
});

test('old versions print the certificate only', async () => {
  const [, , old] = sightings(await parse(NMAP, fixture('nmap-varied.xml')));
  assert.deepEqual(old?.evidence?.certificate, {
    subject: 'CN=kube-apiserver,O=Acme/Labs',
    dnsNames: ['kubernetes', 'kubernetes.default.svc.cluster.local'],
    ipAddresses: ['10.96.0.1'],
  });
});

test('closed ports, other transports and hosts without ports are rejected', async () => {
  const run = (hosts: string) => `<nmaprun scanner="nmap" start="1795428000">${hosts}</nmaprun>`;
  assert.deepEqual(
    reasons(await parse(NMAP, fixture('nmap-varied.xml'))).map((line) => line.split(': ')[1]),
    ['not_open', 'not_tcp'],
  );
  const down = run('<host><status state="down"/><address addr="192.0.2.1" addrtype="ipv4"/></host>');
  assert.deepEqual(reasons(await parse(NMAP, down)), ['host 1: no_port']);
});

test('a run that was stopped is noted as cut short, with the hosts it had', async () => {
  const items = await parse(NMAP, XML.slice(0, XML.lastIndexOf('<host ')));
  assert.ok(sightings(items).length >= 10);
  assert.deepEqual(
    items.filter(({ type }) => type === 'note'),
    [{ type: 'note', partial: 'cut_short' }],
  );
});

test('an XML file of something else, and one that declares entities, are refused', async () => {
  const bomb =
    '<!DOCTYPE nmaprun [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><nmaprun scanner="nmap"><host>&b;</host></nmaprun>';
  for (const text of ['<rss version="2.0"></rss>', '<nmaprun scanner="masscan"></nmaprun>', bomb])
    await assert.rejects(parse(NMAP, text), { code: 'KC_FEED_NOT_DATA' }, text);
});
