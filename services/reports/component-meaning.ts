// What each component is when it answers from the internet, and what the source article advises about it.
import type { ComponentName } from '../fingerprints/verdict.ts';

/** The three things the source article advises. */
export const ADVICE = {
  restrict: {
    title: 'Restrict the API server',
    text: 'Let only known address ranges reach the API server, or make its endpoint private. EKS, AKS and GKE expose it to the internet by default and offer such restrictions.',
  },
  enclose: {
    title: 'Enclose what only the cluster needs',
    text: 'Bind to localhost, or put behind a firewall, what only the control plane and its nodes talk to.',
  },
  encrypt: {
    title: 'Encrypt what carries sensitive data',
    text: 'Turn off ports that answer without authentication and encryption, or put TLS and authentication in front of them.',
  },
} as const;
export type AdviceName = keyof typeof ADVICE;

export interface ComponentMeaning {
  readonly port: string;
  readonly defaultBind: string;
  readonly defaultAuthentication: string;
  readonly meaning: string;
  readonly advice: readonly AdviceName[];
}

const NONE_HEALTH = 'no authentication, health only';
const PLAIN = 'no authentication, no encryption';

/**
 * Ports, binds and meanings of the components that the source article lists (a security vendor's article on Kubernetes API security, 2023-12-07);
 * what is not in the article says so and is described by what it is for.
 */
export const COMPONENT_MEANINGS: Readonly<Record<Exclude<ComponentName, 'other'>, ComponentMeaning>> = {
  'kube-apiserver': {
    port: '6443 (443 managed)',
    defaultBind: 'all interfaces',
    defaultAuthentication: 'TLS; /version and /healthz without authentication, the rest with',
    meaning: 'The main exposure; the first to restrict.',
    advice: ['restrict'],
  },
  'etcd-client': {
    port: '2379',
    defaultBind: 'main interface',
    defaultAuthentication: 'TLS, client certificate',
    meaning: 'Holds the state of the cluster; must never be public.',
    advice: ['enclose'],
  },
  'etcd-peer': {
    port: '2380',
    defaultBind: 'main interface',
    defaultAuthentication: 'TLS, client certificate',
    meaning: 'Replication of the state of the cluster; must never be public.',
    advice: ['enclose'],
  },
  'etcd-metrics': {
    port: '2381',
    defaultBind: 'localhost',
    defaultAuthentication: PLAIN,
    meaning: 'Misconfigured: it is meant to listen on localhost only.',
    advice: ['enclose', 'encrypt'],
  },
  'kube-controller-manager': {
    port: '10257',
    defaultBind: 'localhost',
    defaultAuthentication: 'authentication, but for /healthz',
    meaning: 'Misconfigured: it is meant to listen on localhost only.',
    advice: ['enclose'],
  },
  'kube-scheduler': {
    port: '10259',
    defaultBind: 'localhost',
    defaultAuthentication: 'authentication, but for /healthz',
    meaning: 'Misconfigured: it is meant to listen on localhost only.',
    advice: ['enclose'],
  },
  'kube-proxy-metrics': {
    port: '10249',
    defaultBind: 'localhost; all interfaces on AKS',
    defaultAuthentication: 'no authentication',
    meaning: 'The configuration can be read.',
    advice: ['enclose', 'encrypt'],
  },
  'kube-proxy-healthz': {
    port: '10256',
    defaultBind: 'all interfaces',
    defaultAuthentication: NONE_HEALTH,
    meaning: 'Low: it says only whether the proxy is well.',
    advice: ['enclose'],
  },
  kubelet: {
    port: '10250',
    defaultBind: 'all interfaces',
    defaultAuthentication: 'TLS; the root answers 404 without credentials, the rest needs them',
    meaning: 'Significant: with credentials it can run commands in containers.',
    advice: ['enclose'],
  },
  'kubelet-healthz': {
    port: '10248',
    defaultBind: 'localhost',
    defaultAuthentication: 'no authentication',
    meaning: 'Misconfigured: it is meant to listen on localhost only.',
    advice: ['enclose'],
  },
  'kubelet-readonly': {
    port: '10255',
    defaultBind: 'off; on in GKE',
    defaultAuthentication: PLAIN,
    meaning: 'The data of pods can be read.',
    advice: ['enclose', 'encrypt'],
  },
  'cloud-controller-manager': {
    port: '10258',
    defaultBind: 'all interfaces',
    defaultAuthentication: 'authentication, but for /healthz',
    meaning: 'Only the control plane needs it. Not in the article.',
    advice: ['enclose'],
  },
  'aggregated-apiserver': {
    port: 'any',
    defaultBind: 'inside the cluster',
    defaultAuthentication: 'as the API server',
    meaning: 'An extension of the API that is meant to be reached through the API server. Not in the article.',
    advice: ['enclose'],
  },
  'k3s-supervisor': {
    port: '6443',
    defaultBind: 'all interfaces',
    defaultAuthentication: 'TLS, token',
    meaning: 'Where k3s nodes join; nodes need it, the internet does not. Not in the article.',
    advice: ['restrict'],
  },
  'rke2-supervisor': {
    port: '9345',
    defaultBind: 'all interfaces',
    defaultAuthentication: 'TLS, token',
    meaning: 'Where RKE2 nodes join; nodes need it, the internet does not. Not in the article.',
    advice: ['enclose'],
  },
  konnectivity: {
    port: '8132',
    defaultBind: 'all interfaces',
    defaultAuthentication: 'TLS, client certificate or token',
    meaning: 'The tunnel between nodes and control plane; agents need it. Not in the article.',
    advice: ['enclose'],
  },
  'kubernetes-dashboard': {
    port: 'any',
    defaultBind: 'inside the cluster',
    defaultAuthentication: 'TLS, token',
    meaning: 'A web page that manages the cluster. Not in the article.',
    advice: ['restrict'],
  },
  'kubectl-proxy': {
    port: '8001',
    defaultBind: 'localhost',
    defaultAuthentication: PLAIN,
    meaning: 'Hands on requests with the credentials of whoever started it. Not in the article.',
    advice: ['enclose', 'encrypt'],
  },
  rancher: {
    port: '443',
    defaultBind: 'all interfaces',
    defaultAuthentication: 'TLS, login',
    meaning: 'Manages many clusters. Not in the article.',
    advice: ['restrict'],
  },
};
