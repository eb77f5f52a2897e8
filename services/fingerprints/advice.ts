// What an operator can do about an exposure, most urgent first. Verdicts carry the slugs, reports print title and text in this order.

export interface Advice {
  readonly title: string;
  readonly text: string;
}

export const ADVICE = {
  'never-public-etcd': {
    title: 'Never expose etcd',
    text: 'Take etcd off the internet at once: whoever reads or writes it owns the cluster.',
  },
  'remove-anonymous-grants': {
    title: 'Remove anonymous grants',
    text: 'Remove the grant that lets anonymous requests do more than read health and version.',
  },
  'disable-insecure-port': {
    title: 'Switch the plain port off',
    text: 'Switch the port without TLS and authentication off.',
  },
  'stop-kubectl-proxy': {
    title: 'Stop kubectl proxy',
    text: 'Stop the proxy or let it listen on localhost only: it acts with the rights of whoever started it.',
  },
  'disable-read-only-port': {
    title: "Switch the kubelet's read-only port off",
    text: 'Set readOnlyPort to 0 in the kubelet configuration and use the authenticated port.',
  },
  'restrict-api-server': {
    title: 'Restrict the API server',
    text: 'Let only the networks that need it reach the API server or the console before it (authorized networks, firewall, security groups). EKS, AKS and GKE expose it to the internet by default and offer such restrictions.',
  },
  'private-endpoint': {
    title: 'Make the endpoint private',
    text: 'Give the API endpoint a private address and reach it through a bastion, a VPN or a private link.',
  },
  'protect-dashboard': {
    title: 'Protect the dashboard',
    text: 'Put the dashboard behind an authenticating proxy, or take it away.',
  },
  'require-client-certificates': {
    title: 'Demand client certificates',
    text: 'Let this port serve only clients with a certificate of the cluster.',
  },
  'bind-to-localhost': {
    title: 'Bind to localhost',
    text: 'Let this port listen on localhost alone: nothing outside the host needs it.',
  },
  'firewall-control-plane': {
    title: 'Put a firewall before what only the cluster needs',
    text: 'Let only the control plane and its nodes reach this port.',
  },
  'authorize-kubelet': {
    title: 'Authenticate and authorise at the kubelet',
    text: 'Run the kubelet with anonymous authentication off and webhook authorization.',
  },
  'encrypt-sensitive-traffic': {
    title: 'Encrypt what carries sensitive data',
    text: 'Put TLS on this port or before it: what it carries is sensitive.',
  },
  'disable-anonymous': {
    title: 'Limit anonymous access',
    text: 'Switch anonymous access off or limit it to the health paths.',
  },
  'upgrade-minor': {
    title: 'Move to a supported minor version',
    text: 'Move to a minor version that upstream or your vendor supports.',
  },
} as const satisfies Readonly<Record<string, Advice>>;

export type AdviceSlug = keyof typeof ADVICE;
/** Most urgent first. */
export const ADVICE_SLUGS = Object.keys(ADVICE) as readonly AdviceSlug[];
