// What a certificate of the lab says, before any key exists: a plan is data, so that truth can be read from it.

export type NamePart = readonly [attribute: 'CN' | 'O' | 'OU' | 'C', value: string];
export type DistinguishedName = readonly NamePart[];

export interface CertificatePlan {
  readonly subject: DistinguishedName;
  readonly issuer: DistinguishedName;
  /** Names the CA's key pair and certificate; plans with the same authority are signed by the same CA. 'self': signed with its own key. */
  readonly authority: string;
  readonly dnsNames: readonly string[];
  readonly ipAddresses: readonly string[];
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly key: 'ec' | 'rsa';
  /** True where the server sends its CA after the leaf. */
  readonly sendsAuthority: boolean;
  /** Extended key usages: kubeadm's etcd certificates also carry client authentication. */
  readonly usages: readonly ('server' | 'client')[];
}

/** RFC 4514 order of writing as the lab uses it for humans and engines: "CN=k3s,O=k3s". */
export function nameText(name: DistinguishedName): string {
  return [...name]
    .reverse()
    .map(([attribute, value]) => `${attribute}=${value}`)
    .join(',');
}
