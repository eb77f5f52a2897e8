// All adverse cases with their servers, made with fresh certificates.
import type net from 'node:net';
import type { Issued } from '../../services/lab/server-certificates.ts';
import { issueCertificate } from '../../services/lab/server-certificates.ts';
import type { AdverseCase } from './adverse-case.ts';
import { httpCases } from './servers/http-cases.ts';
import { serveTcp, serveTls } from './servers/listener.ts';
import { oddCases } from './servers/odd-cases.ts';
import { tcpCases } from './servers/tcp-cases.ts';
import type { TlsMaterial } from './servers/tls-cases.ts';
import { tlsCases } from './servers/tls-cases.ts';

const names = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => `host-${index}.cluster.example.org`);

async function material(): Promise<TlsMaterial> {
  const authority = await issueCertificate({
    subject: 'CN=kubernetes',
    dnsNames: [],
    ipAddresses: [],
    authority: true,
  });
  const issued = await issueCertificate({ issuer: authority });
  const others: Issued[] = [];
  for (let index = 0; index < 39; index++)
    others.push(await issueCertificate({ subject: `CN=link-${index}`, dnsNames: [], ipAddresses: [] }));
  return {
    issued,
    authority,
    expired: await issueCertificate({
      notBefore: new Date('2001-01-01T00:00:00Z'),
      notAfter: new Date('2002-01-01T00:00:00Z'),
    }),
    manyNames: await issueCertificate({ dnsNames: names(2500) }),
    tooManyNames: await issueCertificate({ dnsNames: names(9000) }),
    longChain: { key: issued.key, cert: [issued, ...others].map((one) => one.cert).join('\n') },
  };
}

/** Waits for the end of a request's head, then lets the case answer; once per connection. */
function answering(answer: (socket: net.Socket) => void) {
  return (socket: net.Socket): void => {
    socket.once('data', () => answer(socket));
    socket.resume();
  };
}

/** The list, over TLS and over plain TCP where a case has no transport of its own. */
export async function adverseCases(): Promise<readonly AdverseCase[]> {
  const made = await material();
  const pair = { key: made.issued.key, cert: made.issued.cert };
  const overBoth = httpCases().flatMap(({ answer, ...rest }): AdverseCase[] => [
    { ...rest, serve: () => serveTls(pair, answering(answer)) },
    { ...rest, id: `${rest.id} (plain)`, serve: () => serveTcp(answering(answer)), target: { transport: 'plain' } },
  ]);
  return [...tcpCases(made.issued), ...tlsCases(made), ...oddCases(made.issued), ...overBoth];
}
