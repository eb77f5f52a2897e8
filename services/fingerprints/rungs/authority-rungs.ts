// Rungs that look at the certificate authorities a server accepts clients from.
import type { Facts } from '../facts.ts';
import type { Rung } from '../rung.ts';

const SOURCE = 'apiserver pkg/server/secure_serving.go (client CA and request-header CA in one pool); captures';

/** Authorities of ordinary clients, by plain name. */
const CLIENT_CA =
  /^(?:CN=kubernetes|CN=kubernetes-ca|CN=kube-ca|CN=minikubeCA|O=kubernetes|CN=ca|CN=(?:k3s|rke2)-client-ca@\d+|OU=openshift,CN=(?:admin-kubeconfig|kubelet|kube-control-plane|kube-apiserver-to-kubelet|kubelet-bootstrap-kubeconfig)-signer.*)$/;
/** Authorities of the aggregation layer. Only servers that can sit behind or in front of it send them. */
const REQUEST_HEADER_CA =
  /^(?:CN=front-proxy-ca|CN=proxyClientCA|CN=kubernetes-front-proxy-ca|CN=(?:k3s|rke2)-request-header-ca@\d+|CN=apiserver-aggregator|CN=aggregator|CN=kube-apiserver-requestheader-ca.*|OU=openshift,CN=aggregator(?:-client)?-signer.*)$/;

function has(facts: Facts, pattern: RegExp): boolean {
  return facts.clientCas?.some((name) => pattern.test(name)) ?? false;
}

export const AUTHORITY_RUNGS = [
  {
    name: 'apiServerClientCas',
    says: 'Clients of a cluster authority and of an aggregation layer are accepted: kube-apiserver, or a server built with the same library.',
    source: SOURCE,
    strength: 'strong',
    holds: (facts) => (facts.clientCas === null ? null : has(facts, REQUEST_HEADER_CA)),
  },
  {
    name: 'nodeClientCas',
    says: 'Clients of a cluster authority alone are accepted: a kubelet.',
    source: `${SOURCE}; kubelet capture`,
    strength: 'weak',
    holds: (facts) => (facts.clientCas === null ? null : has(facts, CLIENT_CA) && !has(facts, REQUEST_HEADER_CA)),
  },
] as const satisfies readonly Rung[];
