// The labelled data of test/fixtures as evidence with what it should be judged as. Used by tests and by scripts/confusion.ts.
import { readdirSync, readFileSync } from 'node:fs';
import type { Evidence } from '../../services/feeds/evidence.ts';
import { parseEvidence } from '../../services/feeds/read-evidence.ts';
import type { BuildFields } from '../../services/fingerprints/build-fields.ts';
import type { DistributionSlug } from '../../services/fingerprints/data/distributions.ts';
import type { ComponentName } from '../../services/fingerprints/verdict.ts';
import type { VersionContext } from '../../services/fingerprints/version.ts';
import { portPlan } from '../../services/surveys/ports.ts';

const FIXTURES = new URL('../fixtures/', import.meta.url);
/** When the captures were taken. */
export const NOW = '2026-11-23T18:20:00Z';

export interface Capture {
  readonly name: string;
  readonly whole: Evidence;
  /** Only what a survey asks on that port, without the extra connections that the capture made. */
  readonly cut: Evidence;
}

export function readCaptures(): readonly Capture[] {
  const folder = new URL('captures/', FIXTURES);
  return readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .sort()
    .map((file) => {
      const text = JSON.stringify(JSON.parse(readFileSync(new URL(file, folder), 'utf8')));
      const read = parseEvidence(text);
      if (!read.ok) throw new Error(`${file}: ${read.reason}`);
      const { tls12: _tls12, plainHttpToTlsPort: _plain, acceptableClientCAs: _cas, ...rest } = read.evidence;
      const paths: readonly string[] = portPlan(rest.endpoint.port).paths;
      const requests = (rest.requests ?? []).filter((request) => paths.includes(request.path));
      return { name: file.replace(/\.json$/, ''), whole: read.evidence, cut: { ...rest, requests } };
    });
}

function readTable(file: string): readonly (readonly string[])[] {
  const lines = readFileSync(new URL(`labelled/${file}`, FIXTURES), 'utf8').split('\n');
  return lines
    .filter((line) => line !== '' && !line.startsWith('#'))
    .slice(1)
    .map((line) => line.split('\t'));
}

export interface LabelledCertificate {
  readonly label: string;
  readonly evidence: Evidence;
  readonly component: ComponentName | null;
  readonly distribution: DistributionSlug | null;
  readonly lookalike: boolean;
  /** Why no judgement of a certificate alone can reach the label; null when it can. */
  readonly outOfReach: string | null;
}

const COMPONENT_OF_LABEL: readonly (readonly [RegExp, ComponentName | null])[] = [
  [/LOOKALIKE: (?:kubelet|self-signed)|^kubelet/, 'kubelet'],
  [/LOOKALIKE: (?:kube-controller-manager|KCM)/, 'kube-controller-manager'],
  [/LOOKALIKE: extension apiserver/, 'aggregated-apiserver'],
  [/LOOKALIKE: CCM/, 'cloud-controller-manager'],
  [/LOOKALIKE: etcd|^etcd/, 'etcd-client'],
  [/LOOKALIKE: Rancher/, 'rancher'],
  [/LOOKALIKE: router/, 'other'],
  [/LOOKALIKE: admission webhook/, 'other'],
  [/LOOKALIKE: proxy/, 'kube-apiserver'],
  [/kube-apiserver/, 'kube-apiserver'],
  [/cluster CA/, null],
];

const DISTRIBUTION_OF_LABEL: readonly (readonly [RegExp, DistributionSlug])[] = [
  [/^kubespray/, 'kubespray'],
  [/^MicroK8s$/, 'microk8s'],
  [/^k3s release/, 'k3s'],
  [/^k3s/, 'k3s'],
  [/^RKE2/, 'rke2'],
  [/^Rancher 1\.6/, 'rke1'],
  [/^minikube$/, 'minikube'],
  [/^OpenShift/, 'openshift'],
  [/^AKS/, 'aks'],
  [/^DigitalOcean/, 'doks'],
  [/^k0s/, 'k0s'],
  [/^Talos/, 'talos'],
  [/^Gardener/, 'gardener'],
  [/^vCluster/, 'vcluster'],
];

/** Labels that the certificate alone does not show, with the reason. */
const OUT_OF_REACH: readonly (readonly [RegExp, string])[] = [
  [/^k3s release-1\.21 fixed/, 'the four names alone are those of every installer'],
  [/^OpenShift 3 /, 'the source describes the names in words'],
  [/^AKS 2018 bug/, 'a client subject and one address show nothing'],
  [/^kube-up\.sh GCE/, 'one address shows nothing'],
  [/^hand-made openssl/, 'the source abbreviates the names'],
  [/^broken in-cluster proxy/, 'one short name is not enough to name an API server'],
  [/^aggregated API server \(apiserver\.local/, 'shares its certificate form with the controllers'],
  [/^DigitalOcean/, 'an authority, not a serving certificate'],
  [/^developer debug proxy/, 'a proxy with the names of an API server: possible is as far as it may get'],
];

export function readLabelledCertificates(): readonly LabelledCertificate[] {
  return readTable('certificates.tsv').map(
    ([subject = '', issuer = '', names = '', distribution = '', component = '', note = '']) => {
      const label = `${distribution} / ${component}`;
      const words = expand(names)
        .split(/[,;]\s*/)
        .map((word) => word.trim().replace(/^\[|\]$/g, ''));
      const dnsNames = words.flatMap((word) => /^(?:DNS:)?([a-z0-9*.-]*[a-z][a-z0-9*.-]*)$/i.exec(word)?.[1] ?? []);
      const ipAddresses = words.flatMap((word) => /^(?:IP:)?([\d.]{7,}|[0-9a-f]*::[0-9a-f]*)$/i.exec(word)?.[1] ?? []);
      const port = Number(/:(\d{4,5})/.exec(component)?.[1] ?? /\b(?:port |on )(\d{4,5})\b/.exec(note)?.[1] ?? 0);
      const given = expand(subject);
      return {
        label,
        evidence: {
          endpoint: { address: '', port },
          certificate: {
            subject: given,
            issuer: issuer === 'self' ? given : expand(issuer),
            dnsNames,
            ipAddresses,
          },
        },
        component: find(COMPONENT_OF_LABEL, component) ?? null,
        distribution: component.startsWith('LOOKALIKE') ? null : (find(DISTRIBUTION_OF_LABEL, distribution) ?? null),
        lookalike: component.startsWith('LOOKALIKE'),
        outOfReach: find(OUT_OF_REACH, distribution) ?? null,
      };
    },
  );
}

/** Fills the table's placeholders with values of the same form. */
function expand(text: string): string {
  return text
    .replace(/<unix time>|…\s*\(pattern\)/g, '1700000000')
    .replace(/ca-cluster\*.*/, 'ca-cluster')
    .replace(/<nodeName>/g, 'node1')
    .replace(
      /kube-apiserver\[\.<ns>.*external names; CA included in the chain/,
      'DNS:kube-apiserver, DNS:kube-apiserver.shoot--a--b',
    )
    .replace(/\(\.default\.svc\)/, '.default.svc')
    .replace(/<clusterDomain>|<domain>/g, 'cluster.local')
    .replace(/<x>/g, 'x')
    .replace(/^\((?:leaf|own CA)\)$/, '')
    .replace(/^\((?:CN=)?([^)]+)\)$/, 'CN=$1');
}

function find<T>(table: readonly (readonly [RegExp, T])[], text: string): T | undefined {
  return table.find(([pattern]) => pattern.test(text))?.[1];
}

export interface LabelledVersion {
  readonly gitVersion: string;
  readonly label: string;
  readonly role: string;
  readonly note: string;
  readonly context: VersionContext;
  /** True when the string alone shows no vendor and the label comes from the rest of the source. */
  readonly byContext: boolean;
}

export function readLabelledVersions(): readonly LabelledVersion[] {
  return readTable('versions.tsv').map(
    ([gitVersion = '', platform = '', major = '', minor = '', label = '', role = '', context = '', note = '']) => {
      const goVersion = /\bgo1\.[\w.]+/.exec(note)?.[0];
      const built = /buildDate (\d{4}-\d\d-\d\d)/.exec(note)?.[1];
      const fields: BuildFields = {
        gitVersion,
        ...(platform === '' ? {} : { platform }),
        ...(major === '' ? {} : { major }),
        ...(minor === '' ? {} : { minor }),
        ...(goVersion === undefined ? {} : { goVersion }),
        ...(built === undefined ? {} : { buildDate: `${built}T00:00:00Z` }),
      };
      const byContext = /^v[\d.]+-\d+\+[0-9a-f]{14}$/.test(gitVersion);
      return {
        gitVersion,
        label,
        role,
        note: `${context} ${note}`,
        context: {
          fields,
          incomplete: role === 'honeypot/fake',
          ...(byContext ? { vendor: label as DistributionSlug } : {}),
        },
        byContext,
      };
    },
  );
}
