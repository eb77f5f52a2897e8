// Hosts that a survey meets and must not count: web servers, consoles, stubs and relatives.
import { publicCertificate } from '../certificate-site.ts';
import { selfIssued } from '../component-certificates.ts';
import type { LabService, LabTruth } from '../host.ts';
import { NOT_KUBERNETES, type Recipe, type Site, service } from './recipe.ts';

const startedAt = (site: Site) => new Date(site.now.getTime() - (10 + site.random.integer(700)) * 86_400_000);

const publicOf = (site: Site) =>
  publicCertificate([site.names[0] ?? `www.${site.node}.example`], site.now, site.random.hex(16));

function tls(
  port: number,
  kind: LabService['kind'],
  certificate: LabService['certificate'],
  truth: Partial<LabTruth> = {},
): LabService {
  return service({ port, kind, transport: 'tls', certificate, truth: { ...NOT_KUBERNETES, ...truth }, build: null });
}

const cn = (value: string) => [['CN', value]] as const;

export const LOOKALIKE_RECIPES: readonly Recipe[] = [
  {
    name: 'ingress-nginx',
    weight: 40,
    named: 0.3,
    plan: (site) => [
      tls(
        443,
        'ingress-nginx',
        selfIssued(
          [
            ['O', 'Acme Co'],
            ['CN', 'Kubernetes Ingress Controller Fake Certificate'],
          ],
          ['ingress.local'],
          startedAt(site),
          1,
        ),
        { component: 'other' },
      ),
    ],
  },
  { name: 'nginx', weight: 22, named: 0.5, plan: (site) => [tls(443, 'nginx', publicOf(site))] },
  { name: 'web', weight: 20, named: 0.5, plan: (site) => [tls(443, 'web', publicOf(site))] },
  {
    name: 'web-6443',
    weight: 8,
    named: 0,
    plan: (site) => [tls(6443, 'web', selfIssued(cn('appliance.local'), [], startedAt(site), 10))],
  },
  {
    name: 'web-plain',
    weight: 5,
    named: 0,
    plan: () => [service({ port: 8080, kind: 'nginx', truth: { ...NOT_KUBERNETES, certificateName: null } })],
  },
  {
    name: 'python-stub',
    weight: 6,
    named: 0,
    plan: (site) => {
      const cluster = site.cluster('plain', 24, 33);
      const certificate = selfIssued(cn('localhost'), ['localhost'], startedAt(site), 10);
      return [
        {
          // It wants to be an API server and states a version, but no build prints that body.
          ...tls(6443, 'python-stub', certificate, {
            component: 'kube-apiserver',
            gradeAtLeast: 'possible',
            gitVersion: cluster.build.gitVersion,
            distribution: 'fabricated',
            authentication: 'anonymous-public',
            outcome: 'k8s_invalid_version',
          }),
          build: cluster.build,
        },
      ];
    },
  },
  {
    name: 'bacalhau',
    weight: 3,
    named: 0,
    plan: (site) => [
      tls(443, 'bacalhau', selfIssued(cn('bacalhau'), [], startedAt(site), 5), {
        component: 'other',
      }),
    ],
  },
  {
    name: 'kubernetes-dashboard',
    weight: 6,
    named: 0.3,
    plan: (site) => [
      tls(8443, 'kubernetes-dashboard', selfIssued(cn('kubernetes-dashboard'), [], startedAt(site), 1), {
        component: 'kubernetes-dashboard',
        gradeAtLeast: 'possible',
        outcome: 'k8s_component',
      }),
    ],
  },
  {
    name: 'rancher',
    weight: 5,
    named: 0.3,
    plan: (site) => {
      const at = startedAt(site);
      return [
        tls(
          443,
          'rancher',
          {
            ...selfIssued(
              [
                ['O', 'dynamic'],
                ['CN', 'dynamic'],
              ],
              ['localhost', ...site.names],
              at,
              1,
            ),
            issuer: [
              ['O', 'dynamiclistener-org'],
              ['CN', `dynamiclistener-ca@${Math.floor(at.getTime() / 1000)}`],
            ],
            authority: `dynamiclistener/${site.address}`,
            sendsAuthority: true,
          },
          { component: 'rancher', gradeAtLeast: 'probable', authentication: 'required', outcome: 'k8s_auth_required' },
        ),
      ];
    },
  },
];
