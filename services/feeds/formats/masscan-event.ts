// One event of masscan: a port that answered, or a banner. The same whatever output format carried it.

import { certificateText } from './certificates.ts';
import type { FormatOptions } from './format.ts';
import type { Row } from './json-lines.ts';
import { type Facts, sightingOf } from './seen.ts';
import { ofEpochSeconds } from './times.ts';

export interface MasscanEvent {
  readonly address: string | null;
  readonly port: unknown;
  readonly protocol: string | null;
  /** Seconds since 1970, as digits or a number. */
  readonly timestamp: unknown;
  /** 'open' or 'closed' for a port; null for a banner. */
  readonly status: string | null;
  /** The banner's protocol in masscan's word (masscan-app.c): X509, http, ssl, title, ... */
  readonly service: string | null;
  /** Bytes as latin1 code units. */
  readonly banner: string | null;
}

/** Reasons: not_tcp, not_open, bad_certificate (also one that the output's limit cut), and those of every sighting. */
export function rowOfEvent(event: MasscanEvent, at: string, options: FormatOptions): Row {
  if (event.protocol !== 'tcp') return 'not_tcp';
  if (event.status !== null && event.status !== 'open') return 'not_open';
  const facts = READERS[event.service ?? '']?.(event.banner ?? '') ?? {};
  if (facts === 'bad_certificate') return facts;
  const sighting = sightingOf(
    { address: event.address, port: event.port, time: ofEpochSeconds(event.timestamp), facts },
    at,
    options,
  );
  return typeof sighting === 'string' ? sighting : [sighting];
}

/** What servers say to plain HTTP on a port that speaks TLS (Go's net/http, nginx, Apache). */
const PLAIN_TO_TLS =
  /HTTP request to an HTTPS server|plain HTTP request was sent to HTTPS port|speaking plain HTTP to an SSL-enabled/;

/** Banners that are evidence. masscan asks GET / over plain TCP, and of TLS reads the handshake only. */
const READERS: Readonly<Record<string, (banner: string) => Facts | 'bad_certificate'>> = {
  X509: (banner) => {
    const certificate = certificateText(banner);
    return certificate === null ? 'bad_certificate' : { transport: 'tls', tls: { chain: [certificate] } };
  },
  // Certificates behind the leaf come as events of their own; which leaf they belong to is the endpoint's.
  X509CA: () => ({ transport: 'tls' }),
  ssl: () => ({ transport: 'tls' }),
  http: (banner) => {
    if (!banner.startsWith('HTTP/')) return {};
    if (PLAIN_TO_TLS.test(banner)) return { transport: 'tls', plainHttpToTlsPort: { response: banner } };
    return { transport: 'plain', requests: [{ path: '/', response: banner }] };
  },
};

/** masscan's text outputs write bytes that are not plain as \xHH (normalize_string). */
export function unescapeBanner(text: string): string {
  return text.replace(/\\x([0-9a-fA-F]{2})/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)));
}
