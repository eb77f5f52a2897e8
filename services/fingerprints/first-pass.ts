// What a first look without a request says: whether a host speaks of Kubernetes at all, and whether its authorities are worth a second connection.
import type { Evidence } from '../feeds/evidence.ts';
import { epochHost } from './certificate-names.ts';
import type { CertificateView } from './certificate-view.ts';
import { detectDistribution } from './distributions/detect.ts';
import { gatherFacts } from './facts.ts';
import { judge, weigh } from './match.ts';
import { RUNGS, type RungName } from './rungs/list.ts';

/** Rungs of certificate and authorities whose yes is a sign of Kubernetes, of etcd or of what stands round them. */
export const SIGNS: readonly RungName[] = [
  'certificateName',
  'certificateNameLiteral',
  'apiServerSubject',
  'clusterIssuer',
  'apiServerIssuer',
  'serverCaIssuer',
  'vendorServerName',
  'localhostEpochCertificate',
  'nodeEpochCertificate',
  'nodeCertificate',
  'etcdCertificate',
  'etcdPeerCertificate',
  'controllerManagerCertificate',
  'schedulerCertificate',
  'k3sCertificate',
  'rke2SupervisorCertificate',
  'rancherCertificate',
  'clusterServiceCertificate',
  'foreignServiceName',
  'apiServerClientCas',
  'nodeClientCas',
];

/**
 * The field's words, as a word or a label of their own, in names, subject, issuer or authorities: kube and what begins with it, the
 * distributions, etcd, and the subjects of the cluster's own users.
 */
const WORDS =
  /(?<![a-z])(?:kube(?:rnetes|let|ctl|adm|api|apiserver|config|spray|sphere|edge|virt)?|k8s(?:aas)?|k3s|k0s|k3d|rke2?|microk8s|minikube(?:ca)?|openshift|okd|rancher|etcd|apiserver|konnectivity|front-proxy|system:(?:node|masters|kube)[a-z-]*)(?![a-z])/i;

/** Stands in for the time of an evidence without one; no sign depends on it. */
const NO_TIME = '1970-01-01T00:00:00Z';
/** Answers by which a host hides /version. */
const HIDES: ReadonlySet<number> = new Set([401, 403, 404]);

/**
 * True when certificate or acceptable authorities give any reason to ask for /version: a rung of the ladder, the self-signed form of the
 * Kubernetes library, a distribution's form, one of the field's words, or a component that the verdict names. An ingress controller's
 * default certificate is none: it says what it is. Pure; never throws for anything that JSON can hold.
 */
export function speaksOfKubernetes(evidence: Evidence): boolean {
  const facts = gatherFacts(evidence, NO_TIME);
  const said = new Set(RUNGS.filter((rung) => rung.holds(facts) === true).map((rung) => rung.name));
  if (SIGNS.some((sign) => said.has(sign))) return true;
  if ((facts.clientCas ?? []).some((name) => WORDS.test(name))) return true;
  if (facts.certificate !== null && !said.has('ingressCertificate') && namesKubernetes(facts.certificate)) return true;
  if (detectDistribution(facts, null, null) !== null) return true;
  const { component, grade } = judge(evidence, { now: NO_TIME });
  return component !== null && component !== 'other' && grade !== 'not';
}

function namesKubernetes({ commonName, issuerCommonName, line, names }: CertificateView): boolean {
  if (epochHost(commonName) !== null || epochHost(issuerCommonName) !== null) return true;
  return WORDS.test(line) || names.some((name) => WORDS.test(name));
}

/**
 * True when a first flight may add to what a full probe saw: a TLS endpoint whose authorities are not known, and whose verdict is not
 * confirmed or which hides /version (401, 403, 404). Where nothing was heard, nothing is asked again.
 */
export function lacksAuthorities(evidence: Evidence): boolean {
  if (evidence.transport !== 'tls' || evidence.tls === undefined || evidence.acceptableClientCAs != null) return false;
  const facts = gatherFacts(evidence, NO_TIME);
  if (facts.version?.status != null && HIDES.has(facts.version.status)) return true;
  return weigh(evidence, { now: NO_TIME }).rule?.grade !== 'confirmed';
}
