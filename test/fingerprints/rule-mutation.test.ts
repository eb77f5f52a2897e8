// A mutation check over the rule tables: a rule or an exclusion of the API server that can be taken away without a changed verdict fails.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Evidence } from '../../services/feeds/evidence.ts';
import type { Component } from '../../services/fingerprints/component.ts';
import { KUBE_APISERVER } from '../../services/fingerprints/components/kube-apiserver.ts';
import { COMPONENT_LIST } from '../../services/fingerprints/components/list.ts';
import { gatherFacts } from '../../services/fingerprints/facts.ts';
import { judge } from '../../services/fingerprints/match.ts';
import { matchComponent } from '../../services/fingerprints/match-component.ts';
import type { Indicators } from '../../services/fingerprints/rungs/list.ts';
import { UNAUTHORIZED_BODY } from '../../services/fingerprints/status-body.ts';
import { HOST_FORMS, raw } from './host-forms.ts';
import { NOW, readCaptures, readLabelledCertificates } from './labelled.ts';

const hosts: readonly Evidence[] = [
  ...readCaptures().flatMap(({ whole, cut }) => [whole, cut]),
  ...readLabelledCertificates().map(({ evidence }) => evidence),
  ...HOST_FORMS.map(({ evidence }) => evidence),
];

function prepare(evidence: Evidence) {
  return { facts: gatherFacts(evidence, NOW), indicators: judge(evidence, { now: NOW }).indicators as Indicators };
}

function outcomes(corpus: readonly ReturnType<typeof prepare>[], components: readonly Component[]): readonly string[] {
  return corpus.map(({ facts, indicators }) => {
    const match = matchComponent(facts, indicators, components);
    return match === null ? '-' : `${match.component.name} ${match.rule.grade}`;
  });
}

function replaced(component: Component, change: Partial<Component>): readonly Component[] {
  return COMPONENT_LIST.map((one) => (one === component ? { ...one, ...change } : one));
}

test('every rule is needed by some host', () => {
  const corpus = hosts.map(prepare);
  const before = outcomes(corpus, COMPONENT_LIST);
  const idle: string[] = [];
  for (const component of COMPONENT_LIST) {
    for (const rule of component.rules) {
      // A rule that several components share is needed when one of them needs it.
      if (COMPONENT_LIST.some((other) => other !== component && other.rules.includes(rule))) continue;
      const after = outcomes(corpus, replaced(component, { rules: component.rules.filter((one) => one !== rule) }));
      if (after.join() === before.join()) idle.push(`${component.name} ${rule.grade}: ${rule.why}`);
    }
  }
  assert.deepEqual(idle, []);
});

/** The exact refusal of an API server with its header: what confirms one, unless something rules it out. */
const REFUSAL = raw(
  '/readyz',
  '401 Unauthorized',
  'Audit-Id: 0d9c9dc7-5d70-4b22-a73c-3a4b5c6d7e8f\r\nContent-Type: application/json\r\n',
  UNAUTHORIZED_BODY,
);

test('every exclusion of the API server keeps some lookalike out, even with an exact refusal', () => {
  const mixed = hosts.map((host) => prepare({ ...host, requests: [...(host.requests ?? []), REFUSAL] }));
  const before = outcomes(mixed, COMPONENT_LIST);
  for (const [at, outcome] of before.entries()) {
    const excluded = KUBE_APISERVER.excludedBy.some((rung) => mixed[at]?.indicators[rung] === true);
    if (excluded) assert.ok(!outcome.startsWith('kube-apiserver'), outcome);
  }
  const idle = KUBE_APISERVER.excludedBy.filter((rung) => {
    const excludedBy = KUBE_APISERVER.excludedBy.filter((one) => one !== rung);
    return outcomes(mixed, replaced(KUBE_APISERVER, { excludedBy })).join() === before.join();
  });
  assert.deepEqual(idle, []);
});
