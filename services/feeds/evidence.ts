// Evidence: what was seen at one endpoint, by our own probe or by somebody else's scan. One type for both.

/** A certificate as engines give it: parsed, without DER. All fields may be missing. */
export interface CertificateSummary {
  readonly subject?: string;
  readonly issuer?: string;
  readonly dnsNames?: readonly string[];
  readonly ipAddresses?: readonly string[];
  /** RFC 3339. */
  readonly notBefore?: string;
  readonly notAfter?: string;
  /** Lower-case hex of the leaf's DER. */
  readonly sha256?: string;
}

export interface TlsFacts {
  readonly version?: string;
  /** The protocol chosen by ALPN, or false when the server chose none. */
  readonly alpn?: string | false;
  readonly cipher?: string;
  /** Base64 DER, leaf first. */
  readonly chain?: readonly string[];
  /** How many certificates the server sent, when more than `chain` keeps. */
  readonly chainLength?: number;
}

/** A request that got an answer as bytes: head and body of a raw HTTP/1.x response (latin1 code units), perhaps empty. */
export interface RawAnswer {
  readonly path: string;
  readonly response: string;
  /** How the answer ended: 'closed', 'complete', 'timeout' or an error code. */
  readonly end?: string;
}
/** A request whose answer somebody else parsed. Header names in any case. */
export interface ParsedAnswer {
  readonly path: string;
  readonly status: number;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string;
}
export interface FailedRequest {
  readonly path: string;
  readonly error: string;
}
export type EvidenceRequest = RawAnswer | ParsedAnswer | FailedRequest;

/** The contract's evidence object (docs/method.md). Only the endpoint is required; unknown fields are ignored. */
export interface Evidence {
  readonly id?: string;
  readonly endpoint: { readonly address: string; readonly port: number };
  readonly serverName?: string;
  /** RFC 3339. */
  readonly observedAt?: string;
  /** 'active' for our own probes, else the feed's name. */
  readonly source?: string;
  readonly transport?: 'tls' | 'plain';
  readonly tls?: TlsFacts;
  readonly certificate?: CertificateSummary;
  /** Subject DNs of the CertificateRequest; null when none was readable, [] when none was sent. */
  readonly acceptableClientCAs?: readonly string[] | null;
  readonly requests?: readonly EvidenceRequest[];
  readonly tls12?: Readonly<Record<string, unknown>>;
  readonly plainHttpToTlsPort?: { readonly response?: string; readonly end?: string };
  /** Error code of a TLS handshake tried against a plain port. */
  readonly tlsToPlainPort?: string;
  /** There when whoever read it from a file left fields out, for their type or size; verdicts of it say so. */
  readonly fieldsIgnored?: true;
}
