// Rungs that look at pages of web programs.
import type { AnswerFacts } from '../answer-facts.ts';
import type { Rung } from '../rung.ts';

function anyBody(facts: AnswerFacts, pattern: RegExp): boolean | null {
  if (facts.answers.length === 0) return null;
  for (const { body } of facts.answers) {
    // Most bodies are JSON or a word.
    if (body?.includes('<') === true && pattern.test(body.slice(0, 16_384))) return true;
  }
  return false;
}

export const PAGE_RUNGS = [
  {
    name: 'dashboardPage',
    says: 'A page with the title Kubernetes Dashboard.',
    source: 'kubernetes/dashboard index.html',
    strength: 'proof',
    holds: (facts) => anyBody(facts, /<title>\s*Kubernetes Dashboard\s*<\/title>/i),
  },
  {
    name: 'rancherPage',
    says: 'A page with the title Rancher.',
    source: 'rancher dashboard index.html',
    strength: 'strong',
    holds: (facts) => anyBody(facts, /<title>\s*Rancher\s*<\/title>/i),
  },
] as const satisfies readonly Rung<AnswerFacts>[];
