// A mutation check over the rule tables: whatever part of a rule can be taken away without a changed verdict on a host of known kind fails.
// Hosts count only with what another assertion here holds them to, so that a part that is deleted from the code fails too.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Evidence } from '../../services/feeds/evidence.ts';
import type { Component, ComponentRule } from '../../services/fingerprints/component.ts';
import { COMPONENT_LIST } from '../../services/fingerprints/components/list.ts';
import { detectDistribution } from '../../services/fingerprints/distributions/detect.ts';
import type { Distribution } from '../../services/fingerprints/distributions/distribution.ts';
import { DISTRIBUTIONS } from '../../services/fingerprints/distributions/list.ts';
import { gatherFacts } from '../../services/fingerprints/facts.ts';
import { FLAGS } from '../../services/fingerprints/flags.ts';
import { judge } from '../../services/fingerprints/match.ts';
import { matchComponent } from '../../services/fingerprints/match-component.ts';
import type { Indicators } from '../../services/fingerprints/rungs/list.ts';
import { DISTRIBUTION_FORMS } from './distribution-forms.ts';
import { FLAG_FORMS } from './flag-forms.ts';
import { HOST_FORMS } from './host-forms.ts';
import { NOW, readCaptures } from './labelled.ts';
import { readMixedForms } from './mixed-forms.ts';

const mixed = readMixedForms();

for (const { name, evidence, outcome } of mixed) {
  test(`mixed host: ${name}`, () => {
    const { component, grade } = judge(evidence, { now: NOW });
    assert.equal(`${component ?? '-'} ${grade}`, outcome);
  });
}

for (const { told, evidence, asn } of DISTRIBUTION_FORMS) {
  test(`distribution: ${told} (${JSON.stringify(evidence.serverName ?? evidence.certificate).slice(0, 80)})`, () => {
    const { distribution } = judge(evidence, { now: NOW, asn });
    assert.equal(`${distribution?.slug} ${distribution?.by}`, told);
  });
}

for (const [name, evidence, flags, ignored = false] of FLAG_FORMS) {
  test(`flags: ${name}`, () => assert.deepEqual(judge(evidence, { now: NOW, ignored }).flags, flags));
}

/** Components made from one list: what the list says is needed when one of them needs it. */
const FAMILIES: readonly (readonly Component['name'][])[] = [
  ['kube-controller-manager', 'kube-scheduler', 'cloud-controller-manager'],
  ['kubelet-healthz', 'kubelet-readonly', 'kube-proxy-metrics', 'kube-proxy-healthz'],
  ['etcd-client', 'etcd-peer', 'etcd-metrics'],
];

interface Mutant {
  /** Mutants of one name are alive together: one of them must be noticed. */
  readonly name: string;
  readonly components: readonly Component[];
}

const without = <T>(list: readonly T[], at: number): readonly T[] => list.filter((_, index) => index !== at);

function mutantsOf(component: Component): readonly Mutant[] {
  const mutants: Mutant[] = [];
  const add = (name: string, change: Partial<Component>): void => {
    mutants.push({ name, components: COMPONENT_LIST.map((one) => (one === component ? { ...one, ...change } : one)) });
  };
  const title = (what: string): string => `${component.name}: ${what}`;
  const family = FAMILIES.find((names) => names.includes(component.name))?.join(' or ') ?? component.name;
  for (const [at, rule] of component.rules.entries()) {
    const name = title(`${rule.grade}, ${rule.why}`);
    add(name, { rules: without(component.rules, at) });
    for (const [part, change] of looserRules(rule))
      add(`${name} ${part}`, { rules: component.rules.map((one) => (one === rule ? change : one)) });
  }
  for (const [at, rung] of component.excludedBy.entries())
    add(`${family}: never with ${rung}`, { excludedBy: without(component.excludedBy, at) });
  for (const key of ['notOnPorts', 'notOnPlainPorts'] as const)
    for (const [at, port] of (component[key] ?? []).entries())
      add(title(`${key} ${port}`), { [key]: without(component[key] ?? [], at) });
  // Other components' ports are shown to readers and weigh nothing.
  if (component.rules.some(({ port }) => port === true))
    for (const [at, port] of component.ports.entries())
      add(title(`port ${port}`), { ports: without(component.ports, at) });
  return mutants;
}

/** The rule with each of its conditions taken away. */
function looserRules(rule: ComponentRule): readonly (readonly [part: string, rule: ComponentRule])[] {
  const { port, any, ...rest } = rule;
  const lists = (['all', 'any', 'none'] as const).flatMap((key) =>
    (rule[key] ?? []).map((rung, at) => [`${key} ${rung}`, { ...rule, [key]: without(rule[key] ?? [], at) }] as const),
  );
  return [
    ...lists,
    ...(any === undefined ? [] : [['any at all', { ...rest, ...(port === undefined ? {} : { port }) }] as const]),
    ...(port === undefined ? [] : [['its port', { ...rest, ...(any === undefined ? {} : { any }) }] as const]),
  ];
}

const known: readonly Evidence[] = [
  ...readCaptures().flatMap(({ whole, cut }) => [whole, cut]),
  ...HOST_FORMS.map(({ evidence }) => evidence),
  ...mixed.map(({ evidence }) => evidence),
];

test('every rule, condition, exclusion and port of every component is needed by some host', () => {
  const hosts = known.map((evidence) => {
    const indicators = judge(evidence, { now: NOW }).indicators as Indicators;
    return { facts: gatherFacts(evidence, NOW), indicators };
  });
  const outcome = ({ facts, indicators }: (typeof hosts)[number], components: readonly Component[]): string => {
    const match = matchComponent(facts, indicators, components);
    return match === null ? '-' : `${match.component.name} ${match.rule.grade}`;
  };
  const before = hosts.map((host) => outcome(host, COMPONENT_LIST));
  const noticed = ({ components }: Mutant): boolean =>
    hosts.some((host, at) => outcome(host, components) !== before[at]);
  const mutants = Map.groupBy(COMPONENT_LIST.flatMap(mutantsOf), ({ name }) => name);
  assert.ok(mutants.size > 450, `${mutants.size} mutants`);
  const idle = [...mutants].filter(([, alike]) => !alike.some(noticed)).map(([name]) => name);
  assert.deepEqual(idle, []);
});

type Detector = readonly [name: string, changed: Distribution];

/** The distribution with each of its detectors taken away. */
function fewerDetectors(distribution: Distribution): readonly Detector[] {
  const { slug, network } = distribution;
  const whole = (
    ['issuer', 'issuerBeside', 'exactNames', 'repeatedAddress', 'clientCa', 'endpoint', 'network'] as const
  )
    .filter((key) => distribution[key] !== undefined)
    .map((key): Detector => {
      const { [key]: _taken, ...rest } = distribution;
      return [`${slug} ${key}`, rest as Distribution];
    });
  const items = (['names', 'serviceAddresses'] as const).flatMap((key) =>
    (distribution[key] ?? []).map(
      (item, at): Detector => [
        `${slug} ${item}`,
        { ...distribution, [key]: without<unknown>(distribution[key] ?? [], at) },
      ],
    ),
  );
  if (network === undefined) return [...whole, ...items];
  const { hidesVersion: _hides, ...open } = network;
  return [
    ...whole,
    ...items,
    ...network.asns.map(
      (asn, at): Detector => [
        `${slug} AS${asn}`,
        { ...distribution, network: { ...network, asns: without(network.asns, at) } },
      ],
    ),
    ...(network.serviceAddresses ?? []).map((address, at): Detector => {
      const serviceAddresses = without(network.serviceAddresses ?? [], at);
      return [`${slug} network ${address}`, { ...distribution, network: { ...network, serviceAddresses } }];
    }),
    ...(network.hidesVersion === undefined
      ? []
      : [[`${slug} hidesVersion`, { ...distribution, network: open }] as Detector]),
  ];
}

/** Puts `changed` in the place of `distribution` while `run` runs: the detectors keep lists of these objects. */
function whileChanged<T>(distribution: Distribution, changed: Distribution, run: () => T): T {
  const entry: Partial<Record<keyof Distribution, unknown>> = distribution;
  const before = { ...entry };
  const put = (to: object): void => {
    for (const key of Object.keys(entry) as (keyof Distribution)[]) delete entry[key];
    Object.assign(entry, to);
  };
  put(changed);
  try {
    return run();
  } finally {
    put(before);
  }
}

test('every detector of every distribution is needed by some host', () => {
  const hosts = DISTRIBUTION_FORMS.map(({ evidence, asn }) => ({
    facts: gatherFacts(evidence, NOW),
    asn,
    version: evidence,
  }));
  const told = (): readonly string[] =>
    hosts.map(({ facts, asn }) => {
      const found = detectDistribution(facts, facts.build === null ? null : 'vanilla', asn);
      return `${found?.slug} ${found?.by}`;
    });
  const before = told();
  assert.deepEqual(
    before,
    DISTRIBUTION_FORMS.map((form) => form.told),
  );
  const detectors = DISTRIBUTIONS.flatMap((distribution) =>
    fewerDetectors(distribution).map(([name, changed]) => ({ name, distribution, changed })),
  );
  assert.ok(detectors.length > 70, `${detectors.length} detectors`);
  const idle = detectors.filter(
    ({ distribution, changed }) => whileChanged(distribution, changed, told).join() === before.join(),
  );
  assert.deepEqual(
    idle.map(({ name }) => name),
    [],
  );
  assert.deepEqual(told(), before);
});

test('every flag is held to by a host that has it and one that has it not', () => {
  const lists = FLAG_FORMS.map(([, , flags]) => flags);
  const idle = FLAGS.filter(
    ({ name }) => !lists.some((flags) => flags.includes(name)) || lists.every((flags) => flags.includes(name)),
  );
  assert.deepEqual(
    idle.map(({ name }) => name),
    [],
  );
});
