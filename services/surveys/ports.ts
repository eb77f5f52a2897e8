// Which ports a survey may ask, how each is spoken to, and which public paths it is asked. Source: the component table of docs/method.md.

/** How one port is spoken to. */
export interface PortPlan {
  readonly port: number;
  readonly transport: 'tls' | 'plain';
  /** At most two paths, asked in this order. */
  readonly paths: readonly [string] | readonly [string, string];
  /** The component that usually listens there. */
  readonly usual: string;
  /** True where the component is also run without TLS: then one plain connection follows when the port speaks no TLS. */
  readonly plainFallback: boolean;
}

const VERSION_THEN_HEALTH = ['/version', '/healthz'] as const;

export const PORTS: readonly PortPlan[] = [
  { port: 6443, transport: 'tls', paths: VERSION_THEN_HEALTH, usual: 'kube-apiserver', plainFallback: false },
  {
    port: 443,
    transport: 'tls',
    paths: VERSION_THEN_HEALTH,
    usual: 'kube-apiserver behind a load balancer',
    plainFallback: false,
  },
  {
    port: 8443,
    transport: 'tls',
    paths: VERSION_THEN_HEALTH,
    usual: 'kube-apiserver of minikube',
    plainFallback: false,
  },
  {
    port: 16443,
    transport: 'tls',
    paths: VERSION_THEN_HEALTH,
    usual: 'kube-apiserver of MicroK8s',
    plainFallback: false,
  },
  {
    port: 8080,
    transport: 'plain',
    paths: VERSION_THEN_HEALTH,
    usual: 'kube-apiserver, old insecure port',
    plainFallback: false,
  },
  { port: 8001, transport: 'plain', paths: VERSION_THEN_HEALTH, usual: 'kubectl proxy', plainFallback: false },
  { port: 2379, transport: 'tls', paths: ['/version'], usual: 'etcd client', plainFallback: true },
  { port: 2380, transport: 'tls', paths: ['/version'], usual: 'etcd peer', plainFallback: true },
  { port: 2381, transport: 'plain', paths: ['/version', '/health'], usual: 'etcd metrics', plainFallback: false },
  { port: 10250, transport: 'tls', paths: VERSION_THEN_HEALTH, usual: 'kubelet', plainFallback: false },
  { port: 10248, transport: 'plain', paths: VERSION_THEN_HEALTH, usual: 'kubelet healthz', plainFallback: false },
  { port: 10255, transport: 'plain', paths: VERSION_THEN_HEALTH, usual: 'kubelet read-only', plainFallback: false },
  { port: 10257, transport: 'tls', paths: VERSION_THEN_HEALTH, usual: 'kube-controller-manager', plainFallback: false },
  {
    port: 10258,
    transport: 'tls',
    paths: VERSION_THEN_HEALTH,
    usual: 'cloud-controller-manager',
    plainFallback: false,
  },
  { port: 10259, transport: 'tls', paths: ['/version', '/healthz'], usual: 'kube-scheduler', plainFallback: false },
  { port: 10249, transport: 'plain', paths: VERSION_THEN_HEALTH, usual: 'kube-proxy metrics', plainFallback: false },
  { port: 10256, transport: 'plain', paths: VERSION_THEN_HEALTH, usual: 'kube-proxy healthz', plainFallback: false },
  { port: 9345, transport: 'tls', paths: VERSION_THEN_HEALTH, usual: 'RKE2 supervisor', plainFallback: false },
  { port: 8132, transport: 'tls', paths: VERSION_THEN_HEALTH, usual: 'konnectivity', plainFallback: false },
];

/** The ports of a survey when the user names none. */
export const DEFAULT_PORTS: readonly number[] = [6443, 443];

const BY_PORT = new Map(PORTS.map((plan) => [plan.port, plan]));

/** How to speak to a port; a port outside the table is asked like a kube-apiserver, in plain HTTP when it speaks no TLS. */
export function portPlan(port: number): PortPlan {
  return (
    BY_PORT.get(port) ?? {
      port,
      transport: 'tls',
      paths: VERSION_THEN_HEALTH,
      usual: 'kube-apiserver',
      plainFallback: true,
    }
  );
}
