// Rungs that look at refusals: 401, 403 and 404 in the words of each component.
import type { Answer } from '../answer.ts';
import { headerOf, someAnswer } from '../answer.ts';
import type { AnswerFacts } from '../answer-facts.ts';
import type { Rung } from '../rung.ts';
import { forbiddenForm, unauthorizedForm } from '../status-body.ts';

/** null when nothing answered, else whether any answer fits. */
const anyAnswer = (test: (answer: Answer) => boolean) => (facts: AnswerFacts) =>
  facts.answers.length === 0 ? null : someAnswer(facts.answers, test);

/** The text of Go's http.NotFound and of the API machinery's NotFoundHandler. */
export const NOT_FOUND_TEXT = '404 page not found\n';

export function isNotFoundText(answer: Answer): boolean {
  return answer.status === 404 && (answer.body === NOT_FOUND_TEXT || answer.body === '404 page not found');
}

function isPlainText(answer: Answer): boolean {
  return answer.head === null || (headerOf(answer, 'content-type') ?? '').startsWith('text/plain');
}

export const REFUSAL_RUNGS = [
  {
    name: 'unauthorizedStatus',
    says: "A 401 with the API machinery's Status body (129 octets).",
    source: 'apiserver pkg/endpoints/filters/authentication.go; captures',
    strength: 'strong',
    holds: anyAnswer(
      (answer) => answer.status === 401 && answer.body !== null && unauthorizedForm(answer.body) !== null,
    ),
  },
  {
    name: 'forbiddenStatus',
    says: 'A 403 with a Status body that forbids system:anonymous this very path (181 octets and verb and path).',
    source: 'apiserver pkg/endpoints/handlers/responsewriters/errors.go; captures',
    strength: 'strong',
    holds: anyAnswer(
      (answer) => answer.status === 403 && answer.body !== null && forbiddenForm(answer.body, answer.path) !== null,
    ),
  },
  {
    name: 'unauthorizedText',
    says: 'A 401 with the word Unauthorized as plain text: a kubelet.',
    source: 'kubelet capture',
    strength: 'weak',
    holds: anyAnswer(
      (answer) =>
        answer.status === 401 &&
        (answer.body === 'Unauthorized' || answer.body === 'Unauthorized\n') &&
        isPlainText(answer),
    ),
  },
  {
    name: 'forbiddenNodesText',
    says: 'A 403 text that speaks of resource=nodes: a kubelet that let system:anonymous in and then refused it.',
    source: 'kubernetes pkg/kubelet/server/server.go',
    strength: 'proof',
    holds: anyAnswer(
      (answer) =>
        answer.status === 403 &&
        answer.body?.startsWith('Forbidden (user=') === true &&
        /^Forbidden \(user=[^,]{1,200}, verb=[a-z]+, resource=nodes, subresource/.test(answer.body),
    ),
  },
  {
    name: 'versionNotFound',
    says: "/version is answered with Go's 404 text: no API server does that.",
    source: 'captures of every other component',
    strength: 'context',
    holds: ({ version }) => (version === null ? null : isNotFoundText(version)),
  },
  {
    name: 'proxyRefusal',
    says: 'A plain 403 <h3>Unauthorized</h3>: kubectl proxy refuses a Host it was not told to accept.',
    source: 'kubectl pkg/proxy (from knowledge of the source, not measured)',
    strength: 'strong',
    holds: anyAnswer((answer) => answer.status === 403 && answer.body?.trim() === '<h3>Unauthorized</h3>'),
  },
] as const satisfies readonly Rung<AnswerFacts>[];
