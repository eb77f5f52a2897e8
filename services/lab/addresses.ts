// Where the services of a running lab are, and what they let in. Everything is on loopback; the credentials open nothing else.

export interface LabCtLogAddress {
  /** Monitoring prefix and prefix before ct/v1/, with a trailing slash. */
  readonly url: string;
  readonly origin: string;
  /** Base64 of the SubjectPublicKeyInfo. */
  readonly publicKeyDer: string;
}

export interface LabCensysAddress {
  readonly url: string;
  readonly token: string;
  readonly organizationId: string;
  /** Finds what the truth says that the engine finds: by certificate name or by version. */
  readonly query: string;
}

export interface LabAddresses {
  /** As `dns.Resolver.setServers` takes it. */
  readonly dnsServer: string;
  /** A log that serves tiles. */
  readonly ctLog: LabCtLogAddress;
  /** A log that serves get-entries only. */
  readonly rfc6962Log: LabCtLogAddress;
  readonly censys: LabCensysAddress;
  /** Search engines by feed type. */
  readonly engines: Readonly<Record<string, { readonly url: string; readonly key: string }>>;
  readonly crtsh: { readonly url: string };
  readonly sslmate: { readonly url: string; readonly token: string };
  readonly certstream: { readonly url: string };
}
