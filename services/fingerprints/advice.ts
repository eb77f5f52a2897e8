// What an operator can do about an exposure. Verdicts carry the slugs, reports print the sentences.

export const ADVICE = {
  'restrict-api-server':
    'Restrict the API server to the networks that need it (authorized networks, firewall, security groups).',
  'private-endpoint': 'Make the API endpoint private and reach it through a bastion, a VPN or a private link.',
  'disable-anonymous': 'Switch anonymous access off or limit it to the health paths.',
  'remove-anonymous-grants': 'Remove the grant that lets anonymous requests do more than read health and version.',
  'disable-insecure-port': 'Switch the port without TLS and authentication off.',
  'firewall-control-plane': 'Let only the control plane and its nodes reach this port.',
  'bind-to-localhost': 'Bind this port to localhost; nothing outside the host needs it.',
  'never-public-etcd': 'Take etcd off the internet at once: whoever reads or writes it owns the cluster.',
  'require-client-certificates': 'Demand client certificates on this port.',
  'encrypt-sensitive-traffic': 'Encrypt this port with TLS: what it carries is sensitive.',
  'disable-read-only-port': 'Set readOnlyPort to 0 in the kubelet configuration and use the authenticated port.',
  'authorize-kubelet': 'Run the kubelet with anonymous authentication off and webhook authorization.',
  'stop-kubectl-proxy':
    'Stop the proxy or let it listen on localhost only: it acts with the rights of whoever started it.',
  'protect-dashboard': 'Put the dashboard behind an authenticating proxy, or take it away.',
  'upgrade-minor': 'Move to a minor version that upstream or your vendor supports.',
} as const satisfies Readonly<Record<string, string>>;

export type AdviceSlug = keyof typeof ADVICE;
