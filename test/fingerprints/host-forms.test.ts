// The forms of hosts that the source code describes, and a check that every rung and every rule is there for a reason.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { COMPONENT_LIST } from '../../services/fingerprints/components/list.ts';
import { judge, weigh } from '../../services/fingerprints/match.ts';
import { RUNGS } from '../../services/fingerprints/rungs/list.ts';
import { COMPONENTS } from '../../services/fingerprints/verdict.ts';
import { HOST_FORMS } from './host-forms.ts';
import { NOW, readCaptures, readLabelledCertificates } from './labelled.ts';

for (const form of HOST_FORMS) {
  test(`host form: ${form.name}`, () => {
    const verdict = judge(form.evidence, { now: NOW });
    assert.equal(verdict.component, form.component);
    assert.equal(verdict.grade, form.grade);
    if (form.authentication !== undefined) assert.equal(verdict.authentication, form.authentication);
    if (form.distribution !== undefined) assert.equal(verdict.distribution?.slug ?? null, form.distribution);
    if (form.honeypot !== undefined)
      assert.equal(verdict.honeypot.grade, form.honeypot, verdict.honeypot.reasons.join());
  });
}

const corpus = [
  ...readCaptures().flatMap(({ whole, cut }) => [whole, cut]),
  ...readLabelledCertificates().map(({ evidence }) => evidence),
  ...HOST_FORMS.map(({ evidence }) => evidence),
].map((evidence) => weigh(evidence, { now: NOW }));

test('every component can be named', () => {
  const named = new Set(corpus.map(({ verdict }) => verdict.component));
  assert.deepEqual(
    COMPONENTS.filter((name) => !named.has(name)),
    [],
  );
});

test('every rung has been seen saying yes', () => {
  const idle = RUNGS.filter((rung) => !corpus.some(({ verdict }) => verdict.indicators[rung.name] === true));
  assert.deepEqual(
    idle.map((rung) => rung.name),
    [],
  );
});

test('every rule of every component decides somewhere', () => {
  const deciding = new Set(corpus.map(({ rule }) => rule));
  const idle = COMPONENT_LIST.flatMap((component) =>
    component.rules.filter((rule) => !deciding.has(rule)).map((rule) => `${component.name} ${rule.grade}: ${rule.why}`),
  );
  // Rules that one list shares between components count once.
  const shared = new Set(COMPONENT_LIST.flatMap((component) => component.rules).filter((rule) => deciding.has(rule)));
  assert.ok(shared.size > 60);
  assert.deepEqual(idle, []);
});

test('rules stand strongest first', () => {
  const order = ['confirmed', 'probable', 'possible'];
  for (const component of COMPONENT_LIST) {
    const grades = component.rules.map((rule) => order.indexOf(rule.grade));
    assert.deepEqual(grades, [...grades].sort(), component.name);
  }
});
