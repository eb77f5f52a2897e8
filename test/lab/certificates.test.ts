// The lab's certificates: well formed, rightly signed, and in the form of each installer.
import assert from 'node:assert/strict';
import { createHash, X509Certificate } from 'node:crypto';
import { before, describe, it } from 'node:test';
import { readCertificate } from '../../services/feeds/x509/certificate.ts';
import { addressBytes } from '../../services/lab/certificate-der.ts';
import { API_PROFILES } from '../../services/lab/certificate-profiles.ts';
import { publicCertificate } from '../../services/lab/certificate-site.ts';
import { type Certificates, makeCertificates } from '../../services/lab/certificates.ts';
import { localhostPair } from '../../services/lab/component-certificates.ts';
import { planWorld } from '../../services/lab/world.ts';
import { CLUSTER, capture } from './capture.ts';

const now = new Date('2026-11-24T12:00:00Z');
const site = { cluster: CLUSTER, address: '127.16.0.9', node: 'node-1', names: ['api.one.kubecensus-lab.test'], now };

describe('certificates', () => {
  let certificates: Certificates;
  before(async () => {
    certificates = await makeCertificates();
  });

  it('are read by OpenSSL and by our own reader, and verify under their CA', () => {
    for (const [name, profile] of Object.entries(API_PROFILES)) {
      const plan = profile(site);
      const { chain, authority, sha256 } = certificates.issue(plan);
      const [leaf] = chain;
      assert.ok(leaf);
      const read = new X509Certificate(leaf);
      assert.ok(read.verify(new X509Certificate(authority).publicKey), name);
      assert.equal(chain.length, plan.sendsAuthority ? 2 : 1);
      assert.equal(createHash('sha256').update(leaf).digest('hex'), sha256);
      assert.equal(new Date(read.validFrom).getTime(), Math.floor(plan.notBefore.getTime() / 1000) * 1000);
      const facts = readCertificate(leaf);
      assert.deepEqual(facts?.dnsNames, plan.dnsNames, name);
      assert.equal(facts?.ipAddresses.length, plan.ipAddresses.length, name);
    }
  });

  it('print localhost twice, as the controllers do', () => {
    const [leaf, ca] = certificates.issue(localhostPair(now, 'rsa')).chain;
    assert.ok(leaf && ca);
    const epoch = Math.floor(now.getTime() / 1000);
    assert.equal(new X509Certificate(leaf).subjectAltName, 'DNS:localhost, DNS:localhost, IP Address:127.0.0.1');
    assert.equal(new X509Certificate(leaf).subject, `CN=localhost@${epoch}`);
    assert.equal(new X509Certificate(ca).subject, `CN=localhost-ca@${epoch}`);
  });

  it('have the extensions of the captured ones', () => {
    const oids = (der: Buffer) =>
      ['551d0f', '551d25', '551d23', '551d11'].filter((hex) => der.includes(Buffer.from(hex, 'hex')));
    const real = (capture('kube-apiserver-6443') as unknown as { tls: { chain: string[] } }).tls.chain[0] ?? '';
    const [leaf] = certificates.issue(API_PROFILES.kubeadm(site)).chain;
    assert.ok(leaf);
    assert.deepEqual(oids(leaf), oids(Buffer.from(real, 'base64')));
  });

  it('are made once per plan, and from a small pool of keys', () => {
    const plan = API_PROFILES.k3s(site);
    assert.equal(certificates.issue(plan), certificates.issue({ ...plan }));
    const keys = new Set<string>();
    for (let i = 0; i < 200; i += 1) keys.add(certificates.issue({ ...plan, dnsNames: [`n${i}`] }).keyPem);
    assert.ok(keys.size <= 16);
  });

  it('are logged in two forms that differ by the poison only', () => {
    const { certificate, precertificate } = certificates.logEntry(
      publicCertificate(['k8s.one.kubecensus-lab.test'], now, '00000000'),
    );
    const poison = Buffer.from('060a2b06010401d679020403', 'hex');
    assert.ok(precertificate.precertificate.includes(poison));
    assert.ok(!certificate.certificateDer.includes(poison));
    assert.ok(certificate.certificateDer.includes(precertificate.precertTbs));
    assert.equal(precertificate.issuerKeyHash.length, 32);
    const serial = new X509Certificate(certificate.certificateDer).serialNumber;
    assert.equal(new X509Certificate(precertificate.precertificate).serialNumber, serial);
  });

  it('write addresses as bytes', () => {
    assert.deepEqual([...addressBytes('127.16.0.9')], [127, 16, 0, 9]);
    assert.equal(addressBytes('::1').toString('hex'), `${'00'.repeat(15)}01`);
    assert.equal(addressBytes('fe80::1:2').toString('hex'), 'fe800000000000000000000000010002');
    assert.equal(addressBytes('2001:db8:1:2:3:4:5:6').toString('hex'), '20010db8000100020003000400050006');
  });

  it('can all be issued for a planned world', () => {
    const plans = planWorld({ seed: 'certificates', hosts: 300, now }).hosts.flatMap(({ services }) =>
      services.flatMap(({ certificate }) => certificate ?? []),
    );
    for (const plan of plans)
      assert.ok(new X509Certificate(certificates.issue(plan).chain[0] ?? Buffer.alloc(0)).fingerprint256);
  });
});
