// The names that only an API server's serving certificate carries, and the forms that its neighbours carry.
const SHORT_NAMES = ['kubernetes', 'kubernetes.default', 'kubernetes.default.svc'] as const;
/** kubernetes.default.svc.<cluster domain>, whatever the domain is; "cluster" alone as MicroK8s and k0s write it. */
const QUALIFIED_NAME = /^kubernetes\.default\.svc\.[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/;

/**
 * The name rule that counts: the fully qualified name with any cluster domain, or two of the short names. One short name is not
 * enough: "kubernetes" is a host name that people give to machines.
 */
export function hasApiServerNames(names: readonly string[]): boolean {
  let short = 0;
  for (const name of names) {
    if (name.length < 10 || !name.startsWith('kubernetes')) continue;
    if ((SHORT_NAMES as readonly string[]).includes(name)) short++;
    else if (QUALIFIED_NAME.test(name)) return true;
  }
  return short >= 2;
}

/** First labels of `<service>.<namespace>.svc` names that API servers of some distribution carry for themselves. */
const OWN_SERVICES: ReadonlySet<string> = new Set(['kubernetes', 'openshift', 'kube-apiserver', 'hcp-kubernetes']);
const SERVICE_NAME = /^([a-z0-9-]+)\.[a-z0-9-]+\.svc(?:\.|$)/;

/** True when a name is that of another service of a cluster (webhooks, meshes, proxies): `<service>.<namespace>.svc…`. */
export function hasForeignService(names: readonly string[]): boolean {
  return names.some((name) => {
    if (!name.includes('.svc')) return false;
    const service = SERVICE_NAME.exec(name)?.[1];
    return service !== undefined && !OWN_SERVICES.has(service);
  });
}

/** `<host>@<epoch>`: the host part of a self-signed Kubernetes certificate's CN, or null. Source: client-go util/cert GenerateSelfSignedCertKey. */
export function epochHost(commonName: string): string | null {
  return commonName.includes('@') ? (/^(.+)@\d{9,11}$/.exec(commonName)?.[1] ?? null) : null;
}

/** Address literals, as they stand in a CN. */
export function isAddress(text: string): boolean {
  return /^\d{1,3}(?:\.\d{1,3}){3}$/.test(text) || (text.includes(':') && /^[0-9a-f:.]+$/i.test(text));
}
