// What the lab's search engines know of an endpoint, before each puts it into its own form.

export interface LabRow {
  readonly address: string;
  readonly port: number;
  readonly name: string | null;
  /** RFC 3339 in UTC, whole seconds. */
  readonly seenAt: string;
  readonly certificate: {
    readonly subject: string;
    readonly issuer: string;
    readonly dnsNames: readonly string[];
    readonly ipAddresses: readonly string[];
    /** Lower-case hex of the DER's digest. */
    readonly sha256: string;
    /** For engines that keep the chain. */
    readonly pem?: string;
    /** RFC 3339. */
    readonly notBefore: string;
    readonly notAfter: string;
  } | null;
  readonly answer: {
    readonly path: string;
    readonly status: number;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string;
  } | null;
  readonly gitVersion: string | null;
  readonly country: string;
}

/** The head of an answer as it came over the wire. */
export function headOf({ status, headers }: NonNullable<LabRow['answer']>): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} Lab\r\n${lines.join('')}\r\n`;
}

/** Names as OpenSSL prints them. */
export function printedNames({ dnsNames, ipAddresses }: NonNullable<LabRow['certificate']>): string {
  return [...dnsNames.map((name) => `DNS:${name}`), ...ipAddresses.map((one) => `IP Address:${one}`)].join(', ');
}
