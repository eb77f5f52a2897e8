// Evidence as an active survey would write it, for the benchmark of judging: a planned world of the lab, answered without a socket, and the captures.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { DerCursor } from '../../services/feeds/x509/der.ts';
import { emptyLayout, walkCertificate } from '../../services/feeds/x509/walk.ts';
import { BEHAVIOURS } from '../../services/lab/behaviours/behaviours.ts';
import { type Certificates, makeCertificates } from '../../services/lab/certificates.ts';
import type { LabService } from '../../services/lab/host.ts';
import { seededRandom } from '../../services/lab/random.ts';
import { planWorld } from '../../services/lab/world.ts';
import { portPlan } from '../../services/surveys/ports.ts';

const CAPTURES = new URL('../../test/fixtures/captures/', import.meta.url);

/** What one endpoint showed, before it is written as a line. */
export interface Sight {
  readonly kind: string;
  readonly leaf: Buffer | null;
  /** The line for one address of it: a cluster's load balancer shows the same certificate on each, with another date and audit id. */
  readonly lineFor: (address: string, at: Date) => string;
}

/**
 * One sight for each service of a planned world of `hosts` hosts that lets a probe ask it, all certificates different: other names, keys and key ids.
 * The same seed gives the same world; keys and signatures are random.
 */
export async function labSights(seed: string, hosts: number, now: Date): Promise<readonly Sight[]> {
  const certificates = await makeCertificates();
  const random = seededRandom(`${seed} lines`);
  return planWorld({ seed, hosts, now }).hosts.flatMap((host) =>
    host.services
      .filter(({ kind }) => kind !== 'hostile')
      .map((service, at) => sightOf(service, `${host.address} ${at}`, certificates, random.uuid)),
  );
}

function sightOf(service: LabService, label: string, certificates: Certificates, uuid: () => string): Sight {
  const chain = service.certificate === null ? [] : [...certificates.issue(service.certificate).chain];
  if (chain[0] !== undefined)
    chain[0] = personalised(chain[0], label, `${service.certificate?.authority} ${service.cluster?.id}`);
  const tls = {
    version: 'TLSv1.3',
    alpn: 'http/1.1',
    cipher: 'TLS_AES_128_GCM_SHA256',
    chain: chain.map((der) => der.toString('base64')),
  };
  return {
    kind: service.kind,
    leaf: chain[0] ?? null,
    lineFor: (address, at) =>
      JSON.stringify({
        endpoint: { address, port: service.port },
        observedAt: at.toISOString(),
        source: 'active',
        transport: service.transport,
        ...(service.transport === 'tls' ? { tls } : {}),
        acceptableClientCAs: null,
        requests: requestsOf(service, at, uuid),
      }),
  };
}

function requestsOf(service: LabService, now: Date, uuid: () => string): readonly unknown[] {
  const { paths } = portPlan(service.port);
  if (service.clientCertificate === 'required' || service.kind === 'hostile') {
    return paths.map((path, at) => ({
      path,
      error: at === 0 ? 'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED' : 'NOT_ASKED',
    }));
  }
  const behaviour = BEHAVIOURS[service.kind];
  return paths.map((path, at) => {
    const last = at === paths.length - 1;
    const request = { method: 'GET', path, userAgent: 'bench', lastOne: last };
    const { bytes } = behaviour(request, { service, now, startedAt: now, uuid });
    return { path, response: bytes, end: last ? 'closed' : 'complete' };
  });
}

/**
 * The lab has a small pool of keys; real hosts each have their own. Overwrites the end of the public key and the authority key id with
 * octets of a digest, so that nothing that is derived from them repeats more often than it does outside. The signature no longer fits, which no reader of evidence checks.
 */
function personalised(der: Buffer, key: string, authority: string): Buffer {
  const copy = Buffer.from(der);
  const layout = emptyLayout();
  if (!walkCertificate(copy, 0, copy.length, 'certificate', new DerCursor(), layout)) return copy;
  // The last five octets of an RSA key are its exponent; P-256 points may as well keep theirs.
  createHash('sha256')
    .update(key)
    .digest()
    .copy(copy, layout.spkiEnd - 5 - 32);
  const at = copy.indexOf(AUTHORITY_KEY_ID, layout.extensionsStart);
  if (at >= 0 && at < layout.extensionsEnd)
    createHash('sha1')
      .update(authority)
      .digest()
      .copy(copy, at + AUTHORITY_KEY_ID.length);
  return copy;
}

/** authorityKeyIdentifier with a keyid of 20 octets, up to the octets. */
const AUTHORITY_KEY_ID = Buffer.from('551d23041830168014', 'hex');

/** The captures of real components, cut to what a probe of their port keeps: two requests, and nothing of the extra connections. */
export function captureLines(): readonly string[] {
  return readdirSync(CAPTURES)
    .filter((file) => file.endsWith('.json'))
    .sort()
    .map((file) => {
      const {
        tls12: _tls12,
        plainHttpToTlsPort: _plain,
        software: _software,
        requests,
        ...rest
      } = JSON.parse(readFileSync(new URL(file, CAPTURES), 'utf8')) as {
        port: number;
        requests: { path: string }[];
      } & Record<string, unknown>;
      const paths: readonly string[] = portPlan(rest.port).paths;
      return JSON.stringify({
        ...rest,
        acceptableClientCAs: null,
        requests: requests.filter(({ path }) => paths.includes(path)),
      });
    });
}
