// Hosts as the lab's engine keeps them.

export interface LabCensysService {
  readonly port: number;
  /** Default tcp. */
  readonly transport?: 'tcp' | 'udp' | 'quic';
  /** RFC 3339. */
  readonly scan_time: string;
  readonly cert?: {
    readonly names: readonly string[];
    readonly fingerprint_sha256: string;
    readonly subject_dn: string;
    readonly issuer_dn: string;
  };
  readonly endpoints?: readonly LabCensysEndpoint[];
}

export interface LabCensysEndpoint {
  readonly path: string;
  readonly kubernetes?: { readonly version_info: Readonly<Record<string, string>> };
  readonly http?: {
    readonly status_code: number;
    readonly headers?: Readonly<Record<string, string | readonly string[]>>;
    readonly body?: string;
  };
}

export interface LabCensysHost {
  readonly ip: string;
  readonly services: readonly LabCensysService[];
  readonly location?: { readonly country: string; readonly country_code: string };
  readonly autonomous_system?: { readonly asn: number; readonly name: string };
}
