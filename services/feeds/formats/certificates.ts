// Certificates inside rows: PEM and base64 brought to the chain of evidence, names of attributes to one line of text.
import { DerCursor } from '../x509/der.ts';
import { emptyLayout, walkCertificate } from '../x509/walk.ts';

/** Certificates kept of one server, as in evidence. */
const CHAIN = 10;
/** Base64 of one certificate, as in evidence. */
const CERTIFICATE = 64 * 1024;

const PEM =
  /-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----([A-Za-z0-9+/=\s]*)-----END (?:TRUSTED |X509 )?CERTIFICATE-----/g;
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

/** Base64 DER of one certificate without line breaks, or null when the text is none (cut, not base64, not a certificate). */
export function certificateText(base64: string): string | null {
  const text = base64.replace(/\s+/g, '');
  if (text.length > CERTIFICATE || !BASE64.test(text)) return null;
  const der = Buffer.from(text, 'base64');
  return walkCertificate(der, 0, der.length, 'certificate', new DerCursor(), emptyLayout()) ? text : null;
}

/** The certificates of one PEM text, or of a list of them, up to the first that is none: behind a hole another one would be the leaf. */
export function chainOfPem(pem: string | readonly string[] | null): readonly string[] | null {
  if (pem === null) return null;
  const texts = typeof pem === 'string' ? [pem] : pem;
  const chain: string[] = [];
  for (const text of texts) {
    const bodies = [...text.matchAll(PEM)].map((match) => match[1] as string);
    if (bodies.length === 0) return chain.length > 0 ? chain : null;
    for (const body of bodies) {
      const certificate = certificateText(body);
      if (certificate === null || chain.length >= CHAIN) return chain.length > 0 ? chain : null;
      chain.push(certificate);
    }
  }
  return chain.length > 0 ? chain : null;
}

/** "CN=a,O=b" with RFC 4514 escapes, of attributes in the order given; null when none has a value. */
export function nameText(attributes: readonly (readonly [type: string, value: string | null])[]): string | null {
  const parts = attributes.flatMap(([type, value]) =>
    value === null || value === '' ? [] : [`${type}=${value.replace(/[,+"\\<>;=]/g, '\\$&')}`],
  );
  return parts.length === 0 ? null : parts.join(',');
}

/** Hex of a digest without colons, in lower case; null when it is not `digits` digits. */
export function digestText(text: string | null, digits: number): string | null {
  const hex = text?.replaceAll(':', '').toLowerCase() ?? '';
  return hex.length === digits && /^[0-9a-f]+$/.test(hex) ? hex : null;
}

/** A DNS name has no colon and its last label is no number. */
export const isAddressText = (name: string): boolean => name.includes(':') || /(^|\.)\d+$/.test(name);

/** "DNS:a, IP Address:10.0.0.1", as OpenSSL and nmap print subject alternative names, also wrapped over lines. */
export function readPrintedNames(text: string): { dnsNames: string[]; ipAddresses: string[] } {
  const dnsNames: string[] = [];
  const ipAddresses: string[] = [];
  // Names are cut at the marks, not at commas alone: a wrapped value breaks lines within names.
  for (const [, mark, value] of text.matchAll(
    /(DNS|IP Address|IP|email|URI|othername|DirName|Registered ID):([\s\S]*?)(?=,\s*(?:DNS|IP Address|IP|email|URI|othername|DirName|Registered ID):|$)/g,
  )) {
    const name = (value as string).replace(/\s+/g, '').replace(/,$/, '');
    if (name === '') continue;
    if (mark === 'DNS') dnsNames.push(name);
    else if (mark === 'IP Address' || mark === 'IP') ipAddresses.push(name);
  }
  return { dnsNames, ipAddresses };
}
