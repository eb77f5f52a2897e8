// Rungs that look at response headers.
import { type Answer, hasUuid, headerOf, someAnswer } from '../answer.ts';
import type { AnswerFacts } from '../answer-facts.ts';
import type { Rung } from '../rung.ts';

const SOURCE = 'apiserver pkg/server/config.go and its filters; captures';

const isHeadWhole = ({ headWhole }: Answer): boolean => headWhole;

/** Whether any head fits; null when none does and none was seen whole. */
const anyHead = (test: (answer: Answer) => boolean) => (facts: AnswerFacts) =>
  someAnswer(facts.heads, test) || (someAnswer(facts.heads, isHeadWhole) ? false : null);

export const HEADER_RUNGS = [
  {
    name: 'auditId',
    says: 'Audit-Id with a UUID: the whole filter chain of an API server, since 1.22 on every answer.',
    source: SOURCE,
    strength: 'strong',
    holds: anyHead((answer) => hasUuid(answer, 'audit-id')),
  },
  {
    name: 'flowSchema',
    says: 'X-Kubernetes-Pf-* with UUIDs: priority and fairness, since 1.20 on every answer but 401.',
    source: SOURCE,
    strength: 'strong',
    holds: anyHead(
      (answer) =>
        hasUuid(answer, 'x-kubernetes-pf-flowschema-uid') && hasUuid(answer, 'x-kubernetes-pf-prioritylevel-uid'),
    ),
  },
  {
    name: 'cacheControl',
    says: 'Cache-Control: no-cache, private: the API machinery since 1.19.',
    source: SOURCE,
    strength: 'weak',
    holds: anyHead((answer) => headerOf(answer, 'cache-control') === 'no-cache, private'),
  },
  {
    name: 'masterRealm',
    says: 'WWW-Authenticate: Basic realm="kubernetes-master": an API server before 1.19 with a password file.',
    source: 'apiserver at 1.18 and before',
    strength: 'strong',
    holds: anyHead((answer) => headerOf(answer, 'www-authenticate') === 'Basic realm="kubernetes-master"'),
  },
  {
    name: 'serverHeader',
    says: 'A Server header: no Kubernetes component sends one, so something else answers or stands before it.',
    source: SOURCE,
    strength: 'context',
    holds: anyHead((answer) => headerOf(answer, 'server') !== undefined),
  },
  {
    name: 'etcdCorsHeaders',
    says: "The Access-Control-Allow-* trio of etcd's client listener; its peer listener sends none.",
    source: 'etcd captures',
    strength: 'weak',
    holds: anyHead((answer) => headerOf(answer, 'access-control-allow-methods') === 'POST, GET, OPTIONS, PUT, DELETE'),
  },
  {
    name: 'rancherHeader',
    says: 'X-Api-Cattle-Auth: Rancher.',
    source: 'rancher pkg/auth (from knowledge of the source, not measured)',
    strength: 'proof',
    holds: anyHead((answer) => headerOf(answer, 'x-api-cattle-auth') !== undefined),
  },
] as const satisfies readonly Rung<AnswerFacts>[];
