// What operators copy from infra/: firewalls equal the never-probe table, alerts and dashboards name metrics that exist, nothing runs as root.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { type TProperties, Type } from 'typebox';
import { Value } from 'typebox/value';
import { parse, parseAllDocuments } from 'yaml';
import { EGRESS_FILES } from '../../scripts/egress-rules.ts';
import { IPV6_ALLOWED, NEVER_PROBE } from '../../services/candidates/never-probe.ts';
import { SETTINGS } from '../../services/config.ts';
import { METRICS, PREFIX } from '../../services/platform/metrics.ts';
import { type Prefix, parsePrefix } from '../../services/platform/net/address.ts';
import { createPrefixSet } from '../../services/platform/net/prefix-set.ts';
import { ROLES } from '../../services/roles.ts';
import { anchorsOf, ROOT, textOf } from './pages.ts';

const prefixes = (texts: readonly string[]): Prefix[] => texts.map((text) => parsePrefix(text) as Prefix);

/** Every row of the table is refused, and nothing is refused that no row holds. */
function assertTable(refused: readonly Prefix[], family: 4 | 6, within = '::/0'): void {
  const inside = createPrefixSet(prefixes(['0.0.0.0/0', within]));
  const table = prefixes(NEVER_PROBE.map(({ prefix }) => prefix)).filter(
    (row) => row.address.family === family && inside.has(row.address),
  );
  assert.ok(table.length > 5);
  const rules = createPrefixSet(refused);
  const texts = (some: readonly Prefix[]): string[] => some.map(({ text }) => text);
  assert.deepEqual(texts(table.filter(({ address, length }) => (rules.find(address)?.length ?? 129) > length)), []);
  assert.deepEqual(texts(refused.filter(({ text }) => !texts(table).includes(text))), []);
  assert.deepEqual(
    refused.filter(({ address, text }) => createPrefixSet(refused.filter((other) => other.text !== text)).has(address)),
    [],
    'rules do not overlap',
  );
}

describe('the egress firewalls', () => {
  for (const [path, text] of Object.entries(EGRESS_FILES))
    it(`${path} is what its script writes`, () => {
      assert.equal(textOf(`infra/${path}`), text(), 'run: node scripts/egress-rules.ts');
    });

  it('of nftables refuse the table and nothing else', () => {
    const rules = textOf('infra/nftables/never-probe.nft');
    const set = (name: string): Prefix[] => {
      const [, elements = ''] = new RegExp(`set ${name} \\{[^}]*elements = \\{([^}]*)\\}`).exec(rules) ?? [];
      return prefixes(
        elements
          .split(',')
          .map((element) => element.trim())
          .filter((element) => element !== ''),
      );
    };
    assertTable(set('never_probe4'), 4);
    assertTable(set('never_probe6'), 6);
    assert.ok(rules.includes(`ip6 daddr != ${IPV6_ALLOWED} `));
    for (const chain of ['output', 'forward'])
      assert.match(rules, new RegExp(`chain ${chain} \\{[^}]*hook ${chain} [^}]*jump refuse`));
  });

  it('of Kubernetes refuse the table and nothing else', () => {
    const policies = parseAllDocuments(textOf('infra/kubernetes/network-policies.yaml')).map((one) => one.toJS());
    const internet = policies.find((policy) => policy.metadata.name === 'internet');
    const [four, six] = internet.spec.egress[0].to.map((to: { ipBlock: unknown }) => to.ipBlock);
    assert.deepEqual([four.cidr, six.cidr], ['0.0.0.0/0', IPV6_ALLOWED]);
    assertTable(prefixes(four.except), 4);
    assertTable(prefixes(six.except), 6, IPV6_ALLOWED);
    const all = policies.find((policy) => policy.metadata.name === 'refuse-all');
    assert.deepEqual(all.spec, { podSelector: {}, policyTypes: ['Ingress', 'Egress'] });
  });

  it('know the bridge and the account that the others name', () => {
    const rules = textOf('infra/nftables/never-probe.nft');
    assert.ok(textOf('docker-compose.yml').includes('com.docker.network.bridge.name: kc-egress'));
    assert.ok(rules.includes('iifname "kc-egress"'));
    assert.match(textOf('infra/systemd/kubecensus@.service'), /^User=kubecensus$/m);
    assert.ok(rules.includes('meta skuid "kubecensus"'));
  });
});

/** Names in an expression, as Prometheus derives them of a histogram. */
const KNOWN = new Set(
  Object.entries(METRICS).flatMap(([name, { type }]) =>
    type === 'histogram' ? ['_bucket', '_sum', '_count'].map((end) => PREFIX + name + end) : [PREFIX + name],
  ),
);
const metricsIn = (expression: string): string[] =>
  [...expression.matchAll(/\b(kubecensus_\w+)/g)].map(([name]) => name);
/** Labels in braces and in `by (…)`, each with the metrics of its expression. */
const labelsIn = (expression: string): string[] => [
  ...[...expression.matchAll(/\{([^}]*)\}/g)].flatMap(([, inside = '']) =>
    [...inside.matchAll(/(\w+)\s*(?:=|!=|=~|!~)"/g)].map(([, label]) => label as string),
  ),
  ...[...expression.matchAll(/by \(([^)]*)\)/g)].flatMap(([, inside = '']) =>
    inside.split(',').map((label) => label.trim()),
  ),
];
/** What Prometheus itself adds to every sample. */
const ADDED = ['job', 'instance', 'le'];

function assertExpression(expression: string, where: string): void {
  const named = metricsIn(expression);
  assert.deepEqual(
    named.filter((name) => !KNOWN.has(name)),
    [],
    where,
  );
  const labels = named.flatMap((name) => [
    ...METRICS[name.slice(PREFIX.length).replace(/_(bucket|sum|count)$/, '') as keyof typeof METRICS].labels,
  ]) as string[];
  assert.deepEqual(
    labelsIn(expression).filter((label) => ![...labels, ...ADDED].includes(label)),
    [],
    where,
  );
}

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string; readonly runbook: string };
}

describe('alerts and the dashboard', () => {
  const rules: Rule[] = parse(textOf('infra/prometheus/alerts.yml')).groups.flatMap(
    (group: { rules: Rule[] }) => group.rules,
  );

  it('have names that are told apart, and each alert a section that says what to do', () => {
    assert.ok(rules.length > 10);
    const anchors = anchorsOf(textOf('docs/running.md'));
    assert.equal(new Set(rules.map(({ alert }) => alert)).size, rules.length);
    for (const { alert, labels, annotations } of rules) {
      assert.ok(['page', 'ticket'].includes(labels.severity), alert);
      assert.equal(annotations.runbook, `docs/running.md#${alert.toLowerCase()}`);
      assert.ok(anchors.includes(alert.toLowerCase()), `docs/running.md has no section ${alert}`);
    }
    const sections = [...textOf('docs/running.md').matchAll(/^### (Kubecensus\w+)$/gm)].map(
      ([, name]) => name as string,
    );
    assert.deepEqual(sections.sort(), rules.map(({ alert }) => alert).sort());
  });

  it('name metrics and labels that there are', () => {
    for (const { alert, expr } of rules) assertExpression(expr, alert);
    const dashboard = JSON.parse(textOf('infra/grafana/dashboards/kubecensus.json')) as {
      panels: { title: string; targets?: { expr: string }[] }[];
    };
    const shown = dashboard.panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => ({ title, expr })));
    for (const { title, expr } of shown) {
      assert.notDeepEqual(metricsIn(expr), [], title);
      assertExpression(expr, title);
    }
    const bare = new Set(
      shown.flatMap(({ expr }) => metricsIn(expr)).map((name) => name.replace(/_(bucket|sum|count)$/, '')),
    );
    assert.deepEqual(
      Object.keys(METRICS).filter((name) => !bare.has(PREFIX + name)),
      [],
      'every metric is shown',
    );
  });

  it('are refused when a metric or label has another name', () => {
    assert.throws(() => assertExpression('kubecensus_nothing > 0', ''));
    assert.throws(() => assertExpression('kubecensus_db_batch_rows > 0', ''));
    assert.throws(() => assertExpression('sum by (address) (kubecensus_targets_due)', ''));
    assert.throws(() => assertExpression('kubecensus_queue_jobs{name="x"}', ''));
  });
});

const hardened = (service: Record<string, unknown>): boolean =>
  service['read_only'] === true &&
  JSON.stringify(service['cap_drop']) === '["ALL"]' &&
  JSON.stringify(service['security_opt']) === '["no-new-privileges:true"]' &&
  typeof service['user'] === 'string' &&
  !['root', '0'].includes(service['user']) &&
  'deploy' in service;

describe('containers', () => {
  it('of docker-compose.yml are confined, pinned and watched', () => {
    const { services, networks } = parse(textOf('docker-compose.yml'), { merge: true }) as {
      services: Record<string, Record<string, unknown>>;
      networks: Record<string, { internal?: boolean } | null>;
    };
    assert.deepEqual(Object.keys(services).sort(), [
      'api',
      'grafana',
      'migrate',
      'postgres',
      'prometheus',
      'scheduler',
      'valkey',
      'worker',
    ]);
    for (const [name, service] of Object.entries(services)) {
      assert.ok(hardened(service), name);
      assert.ok('healthcheck' in service, name);
      assert.match(String(service['image']), /^(kubecensus|[a-z/]+:v?\d+\.\d+(\.\d+)?)$/, name);
      for (const port of (service['ports'] ?? []) as string[]) assert.match(port, /^127\.0\.0\.1:/, name);
    }
    assert.equal(networks['inside']?.internal, true);
    for (const name of ['postgres', 'valkey', 'migrate'])
      assert.deepEqual(services[name]?.['networks'], ['inside'], name);
    const out = Object.keys(services).filter((name) =>
      ((services[name]?.['networks'] ?? []) as string[]).includes('egress'),
    );
    assert.deepEqual(out.sort(), ['scheduler', 'worker']);
  });

  it('of Kubernetes are confined, and every role runs with settings that there are', () => {
    const files = globSync('infra/kubernetes/*.yaml', { cwd: ROOT });
    const all = files.flatMap((file) => parseAllDocuments(textOf(file)).map((one) => one.toJS()));
    const deployments = all.filter(({ kind }) => kind === 'Deployment');
    assert.deepEqual(
      deployments.map(({ metadata }) => metadata.name).sort(),
      Object.keys(ROLES)
        .filter((role) => role !== 'all')
        .sort(),
    );
    for (const { metadata, spec } of deployments) {
      const pod = spec.template.spec;
      assert.equal(pod.securityContext.runAsNonRoot, true);
      assert.equal(pod.automountServiceAccountToken, false);
      const [container] = pod.containers;
      assert.deepEqual(container.args, ['start', '--role', metadata.name]);
      assert.deepEqual(container.securityContext, {
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      });
      assert.ok(container.resources.limits.memory);
      assert.deepEqual(
        [container.startupProbe, container.readinessProbe, container.livenessProbe].map((probe) => probe.httpGet.path),
        ['/startupz', '/readyz', '/livez'],
      );
    }
    const variables = Object.values(SETTINGS).map(({ env }) => env) as string[];
    const [settings] = all.filter(({ kind }) => kind === 'ConfigMap');
    assert.deepEqual(
      Object.keys(settings.data).filter((name) => !variables.includes(name)),
      [],
    );
    const { resources } = all.find(({ kind }) => kind === 'Kustomization');
    assert.deepEqual([...resources, 'kustomization.yaml'].sort(), files.map((file) => file.split('/').at(-1)).sort());
  });

  it('of Kubernetes are built by kustomize', (t) => {
    const built = spawnSync('kubectl', ['kustomize', join(ROOT, 'infra/kubernetes')], { encoding: 'utf8' });
    if (built.error !== undefined) return t.skip('kubectl is not installed');
    assert.equal(built.status, 0, built.stderr);
    assert.ok(built.stdout.includes('image: registry.example/kubecensus'));
  });
});

/** autoscaling/v2 as far as the example uses it: a field that is misspelt or of another type is refused. */
const closed = <P extends TProperties>(properties: P) => Type.Object(properties, { additionalProperties: false });
const Behavior = closed({
  stabilizationWindowSeconds: Type.Integer({ minimum: 0, maximum: 3600 }),
  policies: Type.Array(
    closed({
      type: Type.Enum(['Pods', 'Percent']),
      value: Type.Integer({ minimum: 1 }),
      periodSeconds: Type.Integer({ minimum: 1, maximum: 1800 }),
    }),
  ),
});
const Autoscaler = closed({
  scaleTargetRef: closed({
    apiVersion: Type.Literal('apps/v1'),
    kind: Type.Literal('Deployment'),
    name: Type.String(),
  }),
  minReplicas: Type.Integer({ minimum: 1 }),
  maxReplicas: Type.Integer({ minimum: 1 }),
  metrics: Type.Array(
    closed({
      type: Type.Literal('External'),
      external: closed({
        metric: closed({
          name: Type.String(),
          selector: closed({ matchLabels: Type.Record(Type.String(), Type.String()) }),
        }),
        target: closed({ type: Type.Literal('AverageValue'), averageValue: Type.String({ pattern: '^[0-9]+m?$' }) }),
      }),
    }),
  ),
  behavior: closed({ scaleUp: Behavior, scaleDown: Behavior }),
});

describe('the example of autoscaling', () => {
  const document = (name: string) => parse(textOf(`infra/kubernetes/autoscaling/${name}`));
  const [settings] = parseAllDocuments(textOf('infra/kubernetes/settings.yaml'));
  const vantage = settings?.toJS().data.KUBECENSUS_VANTAGE as string;

  it('asks for the workers of its vantage that are wanted, by a metric that there is', () => {
    const { apiVersion, kind, spec } = document('horizontal-pod-autoscaler.yaml');
    assert.deepEqual([apiVersion, kind], ['autoscaling/v2', 'HorizontalPodAutoscaler']);
    assert.deepEqual([...Value.Errors(Autoscaler, spec)], []);
    assert.ok(spec.maxReplicas > spec.minReplicas);
    const [{ external }] = spec.metrics;
    const { name, selector } = external.metric;
    assertExpression(`${name}{${Object.keys(selector.matchLabels).map((label) => `${label}=""`)}}`, 'autoscaler');
    assert.equal(selector.matchLabels.vantage, vantage);
    // The number of workers is that of the metric, not a share of it.
    assert.equal(external.target.averageValue, '1');
    assert.equal(spec.scaleTargetRef.name, parse(textOf('infra/kubernetes/worker.yaml')).metadata.name);
  });

  it('says the same to KEDA', () => {
    const { spec } = document('scaled-object.yaml');
    const autoscaler = document('horizontal-pod-autoscaler.yaml').spec;
    const [{ metadata }] = spec.triggers;
    assertExpression(metadata.query, 'KEDA');
    assert.match(metadata.query, /kubecensus_workers_wanted\{vantage="(\w+)"\}/);
    assert.ok(metadata.query.includes(`"${vantage}"`));
    assert.deepEqual(
      [spec.scaleTargetRef.name, spec.minReplicaCount, spec.maxReplicaCount, metadata.threshold],
      [autoscaler.scaleTargetRef.name, autoscaler.minReplicas, autoscaler.maxReplicas, '1'],
    );
  });

  it('is built by kustomize as a component', async (t) => {
    const overlay = await mkdtemp(join(ROOT, 'infra/kubernetes/.overlay-'));
    t.after(() => rm(overlay, { recursive: true }));
    await writeFile(
      join(overlay, 'kustomization.yaml'),
      'apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nnamespace: kubecensus\nresources: [../worker.yaml]\ncomponents: [../autoscaling]\n',
    );
    const built = spawnSync('kubectl', ['kustomize', '--load-restrictor', 'LoadRestrictionsNone', overlay], {
      encoding: 'utf8',
    });
    if (built.error !== undefined) return t.skip('kubectl is not installed');
    assert.equal(built.status, 0, built.stderr);
    assert.match(built.stdout, /kind: HorizontalPodAutoscaler/);
  });
});

describe('systemd', () => {
  it('accepts the units', (t) => {
    const units = globSync('infra/systemd/*.{service,timer}', { cwd: ROOT }).map((file) => join(ROOT, file));
    assert.equal(units.length, 3);
    const verified = spawnSync('systemd-analyze', ['verify', ...units], { encoding: 'utf8' });
    if (verified.error !== undefined) return t.skip('systemd-analyze is not installed');
    // The program is not installed where the units expect it; everything else must be right.
    const faults = verified.stderr.split('\n').filter((line) => line !== '' && !line.includes('is not executable'));
    assert.deepEqual(faults, []);
  });

  it('units run roles and settings that there are, as nobody important', () => {
    const unit = textOf('infra/systemd/kubecensus@.service');
    const [, instances = ''] = /systemctl enable --now (.+)$/m.exec(unit) ?? [];
    assert.deepEqual(
      instances
        .split(' ')
        .map((name) => name.split('@')[1] ?? '')
        .filter((role) => ROLES[role] === undefined),
      [],
    );
    for (const line of ['NoNewPrivileges=yes', 'ProtectSystem=strict', 'CapabilityBoundingSet=', 'TimeoutStopSec=30s'])
      assert.ok(unit.includes(`\n${line}\n`), line);
  });
});

const promtool = spawnSync('promtool', ['--version']).status === 0 ? false : 'promtool is not installed';

for (const args of [
  ['check', 'rules', 'alerts.yml'],
  ['check', 'config', '--syntax-only', 'prometheus.yml'],
])
  it(`promtool ${args.join(' ')} finds nothing wrong`, { skip: promtool }, () => {
    const { status, stdout, stderr } = spawnSync('promtool', args, {
      cwd: join(ROOT, 'infra/prometheus'),
      encoding: 'utf8',
    });
    assert.equal(status, 0, stdout + stderr);
  });
