// Rungs that look at health, root and metrics answers.
import type { Answer } from '../answer.ts';
import type { AnswerFacts } from '../answer-facts.ts';
import { parseObject } from '../build-info.ts';
import type { Rung } from '../rung.ts';
import { isNotFoundText } from './refusal-rungs.ts';

const HEALTHZ = 'apiserver pkg/server/healthz/healthz.go; captures';
/** Bodies that are parsed here are small; /metrics is looked at without parsing. */
const MAX_JSON = 65_536;

const onAnswer = (answer: Answer | null, test: (answer: Answer) => boolean): boolean | null =>
  answer === null ? null : test(answer);

function isOk(answer: Answer): boolean {
  return answer.status === 200 && answer.body === 'ok';
}

/** The lines of a failing check, in the words of healthz.go. */
const FAILED_CHECK = /^\[[+-]\][a-z0-9/_.-]+ (?:ok|failed: reason withheld|excluded: ok)$/im;

export const HEALTH_RUNGS = [
  {
    name: 'healthzOk',
    says: '/healthz answers 200 and the two letters ok.',
    source: HEALTHZ,
    strength: 'weak',
    holds: ({ healthz }) => onAnswer(healthz, isOk),
  },
  {
    name: 'healthzFailed',
    says: '/healthz answers 500 with the list of checks: a Kubernetes component that is unwell.',
    source: HEALTHZ,
    strength: 'strong',
    holds: ({ healthz }) =>
      onAnswer(
        healthz,
        ({ status, body }) =>
          status === 500 && body !== null && FAILED_CHECK.test(body) && / check failed\s*$/.test(body),
      ),
  },
  {
    name: 'leaderElectionCheck',
    says: 'The list of a failing /healthz names leaderElection: a controller manager or a scheduler.',
    source: 'client-go tools/leaderelection/healthzadaptor.go',
    strength: 'strong',
    holds: ({ healthz }) =>
      onAnswer(
        healthz,
        ({ status, body }) =>
          status === 500 && body !== null && /^\[[+-]\]leaderElection /m.test(body.slice(0, MAX_JSON)),
      ),
  },
  {
    name: 'livezOk',
    says: '/livez answers 200 ok: kube-apiserver since 1.16, kube-scheduler of late, never kube-controller-manager.',
    source: 'measured on 1.20.2 and 1.37.2',
    strength: 'weak',
    holds: ({ livez }) => onAnswer(livez, isOk),
  },
  {
    name: 'livezNotFound',
    says: "/livez answers Go's 404 text.",
    source: 'measured on 1.20.2 and 1.37.2',
    strength: 'context',
    holds: ({ livez }) => onAnswer(livez, isNotFoundText),
  },
  {
    name: 'proxyHealth',
    says: '/healthz answers JSON with lastUpdated and currentTime: kube-proxy.',
    source: 'kubernetes pkg/proxy/healthcheck; capture',
    strength: 'proof',
    holds: ({ healthz }) =>
      onAnswer(healthz, ({ status, body }) => {
        if (
          (status !== 200 && status !== 503) ||
          body === null ||
          body.length > MAX_JSON ||
          !body.includes('"lastUpdated"')
        )
          return false;
        const health = parseObject(body);
        return (
          health !== null && typeof health['lastUpdated'] === 'string' && typeof health['currentTime'] === 'string'
        );
      }),
  },
  {
    name: 'etcdHealth',
    says: '/health answers {"health":"true"} or "false": etcd.',
    source: 'etcd server/etcdserver/api/etcdhttp',
    strength: 'strong',
    holds: ({ health }) =>
      onAnswer(health, ({ status, body }) => {
        if ((status !== 200 && status !== 503) || body === null || body.length > MAX_JSON) return false;
        const state = parseObject(body)?.['health'];
        return state === 'true' || state === 'false' || typeof state === 'boolean';
      }),
  },
  {
    name: 'rootPaths',
    says: '/ lists the API paths: whoever asks is authorised.',
    source: 'apiserver pkg/server/routes/index.go',
    strength: 'proof',
    holds: ({ root }) => onAnswer(root, listsPaths),
  },
  {
    name: 'etcdMetrics',
    says: '/metrics has lines of etcd.',
    source: 'etcd captures',
    strength: 'strong',
    holds: ({ metrics }) =>
      onAnswer(
        metrics,
        ({ status, body }) => status === 200 && /^etcd_[a-z_]+[{ ]/m.test(body?.slice(0, MAX_JSON) ?? ''),
      ),
  },
] as const satisfies readonly Rung<AnswerFacts>[];

/** True for the list of API paths that / gives to whoever is authorised. */
export function listsPaths({ status, body }: Answer): boolean {
  if (status !== 200 || body === null || body.length > MAX_JSON || !body.includes('"paths"')) return false;
  const paths = parseObject(body)?.['paths'];
  return Array.isArray(paths) && (paths.includes('/api') || paths.includes('/apis') || paths.includes('/version'));
}
