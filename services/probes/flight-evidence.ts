// What a first flight shows, as evidence: certificate, acceptable authorities, no request.
import type { Evidence, TlsFacts } from '../feeds/evidence.ts';
import type { FirstFlight } from './first-flight.ts';

type Draft<T> = { -readonly [Field in keyof T]: T[Field] };

/** `flight` is null when not even the certificate was read. Fields are set one by one: spreading them would cost as much as reading the flight. */
export function flightEvidence(
  target: { readonly address: string; readonly port: number; readonly serverName: string | null },
  observedAt: string,
  flight: FirstFlight | null,
): Evidence {
  const evidence: Draft<Evidence> = {
    endpoint: { address: target.address, port: target.port },
    observedAt,
    source: 'active',
    transport: 'tls',
    acceptableClientCAs: flight === null ? null : flight.acceptableClientCAs,
    requests: [],
  };
  if (target.serverName !== null) evidence.serverName = target.serverName;
  if (flight !== null) evidence.tls = tlsFacts(flight);
  return evidence;
}

function tlsFacts({ version, alpn, cipher, chain, sent }: FirstFlight): TlsFacts {
  const facts: Draft<TlsFacts> = { version, alpn, cipher, chain };
  if (sent > chain.length) facts.chainLength = sent;
  return facts;
}
