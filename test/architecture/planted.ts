// One small tree per rule that breaks this rule and no other: each rule must be seen to fail.
import { HOMES, RULES, STAGES } from './rules.ts';

export interface Planted {
  readonly rule: string;
  /** Source text by path. */
  readonly files: Readonly<Record<string, string>>;
}

const NOTHING = 'export const nothing = null;\n';
const uses = (specifier: string): string => `import { nothing } from '${specifier}';\nexport const used = nothing;\n`;
const usesType = (specifier: string): string =>
  `import type { Nothing } from '${specifier}';\nexport const used: Nothing | null = null;\n`;

/** `from` imports `to`, which stands in the tree. */
const edge = (rule: string, from: string, to: string, text = uses): Planted => {
  const up = '../'.repeat(from.split('/').length - 1);
  return { rule, files: { [from]: text(`${up}${to}`), [to]: NOTHING } };
};
/** `from` imports a package or built-in module. */
const outside = (rule: string, from: string, specifier: string, text = uses): Planted => ({
  rule,
  files: { [from]: text(specifier) },
});

const BY_HAND: readonly Planted[] = [
  edge('stages-know-no-composition', 'services/feeds/file.feed.ts', 'services/config.ts'),
  edge('stages-know-no-composition', 'services/feeds/file.feed.ts', 'services/parts.ts', usesType),
  edge('stages-know-no-composition', 'services/reports/report.job.ts', 'services/cli/rows.ts'),
  edge('platform-knows-no-stage', 'services/platform/geo.ts', 'services/feeds/feed.ts', usesType),
  edge('platform-knows-no-stage', 'services/platform/geo.ts', 'services/config.ts'),
  edge('lab-is-outside', 'services/probes/tls.probe.ts', 'services/lab/lab.ts'),
  edge('lab-is-outside', 'services/compose.ts', 'services/lab/lab.ts', usesType),
  edge('lab-imports-pure-files', 'services/lab/lab.ts', 'services/probes/tls.probe.ts'),
  edge('lab-imports-pure-files', 'services/lab/lab.ts', 'services/compose.ts'),
  edge('lab-uses-no-platform', 'services/lab/lab.ts', 'services/platform/geo.ts'),
  edge('jobs-import-no-jobs', 'services/rollups/rollup.job.ts', 'services/surveys/plan.job.ts'),
  edge('only-compose-chooses', 'services/roles.ts', 'services/platform/queue/redis.ts'),
  edge('only-compose-chooses', 'services/cli/doctor.ts', 'services/platform/db/embedded.ts'),
  edge('compose-is-the-root', 'services/jobs.ts', 'services/compose.ts'),
  edge('commands-stand-alone', 'services/roles.ts', 'services/cli/rows.ts'),
  ...['net', 'tls', 'fs', 'fs/promises', 'http', 'child_process', 'dns', 'dns/promises', 'timers/promises'].map(
    (name) => outside('pure-files-do-no-io', 'services/fingerprints/match.ts', `node:${name}`),
  ),
  outside('pure-files-do-no-io', 'services/candidates/scope.ts', 'dns', usesType),
  edge('pure-files-call-no-io', 'services/surveys/chunk.ts', 'services/surveys/survey.store.ts'),
  edge('pure-files-call-no-io', 'services/feeds/json.ts', 'services/platform/net/client.ts'),
  ...Object.keys(HOMES).map((name) =>
    name === 'kysely'
      ? outside('home-of:kysely', 'services/probes/tls.probe.ts', 'kysely', usesType)
      : outside(`home-of:${name}`, 'services/compose.ts', name),
  ),
  outside('home-of:csv-stringify', 'services/compose.ts', 'csv-stringify/sync'),
  outside('kysely-runs-in-stores', 'services/surveys/plan.job.ts', 'kysely'),
  outside('kysely-runs-in-stores', 'services/parts.ts', 'kysely'),
  {
    rule: 'no-cycles',
    files: { 'services/feeds/a.ts': uses('./b.ts'), 'services/feeds/b.ts': `${usesType('./a.ts')}${NOTHING}` },
  },
  edge('services-never-reach-tests', 'services/feeds/file.feed.ts', 'test/support/database.ts'),
  {
    rule: 'services-never-reach-tests',
    files: {
      'services/cli/bench.ts': uses('../../scripts/bench/index.ts'),
      'scripts/bench/index.ts': `${NOTHING}export const later = () => import('../../test/support/certificates.ts');\n`,
      'test/support/certificates.ts': NOTHING,
    },
  },
  edge('only-bench-runs-scripts', 'services/compose.ts', 'scripts/db-types.ts'),
  edge('infra-holds-no-code', 'services/compose.ts', 'infra/settings.ts'),
];

/** The stage order: every stage but the last imports the next, and the first imports the last. */
const ORDER: readonly Planted[] = [
  ...STAGES.slice(0, -1).map((stage, index) =>
    edge(`upstream-only:${stage}`, `services/${stage}/a.ts`, `services/${STAGES[index + 1]}/b.ts`),
  ),
  edge(`upstream-only:${STAGES[0]}`, `services/${STAGES[0]}/a.ts`, `services/${STAGES.at(-1)}/b.ts`, usesType),
];

export const PLANTED: readonly Planted[] = [...ORDER, ...BY_HAND];

/** Imports that break nothing: the planted trees must not be caught by chance. */
export const HARMLESS: Readonly<Record<string, string>> = {
  'services/cli.ts': uses('./cli/start.ts'),
  'services/cli/start.ts': `${uses('../compose.ts')}export const nothing = used;\n`,
  'services/compose.ts': `${uses('./platform/queue/redis.ts')}export const nothing = used;\n`,
  'services/platform/queue/redis.ts': `${uses('ioredis')}export const nothing = used;\n`,
  'services/reports/report.job.ts': `${usesType('kysely')}${uses('./report.store.ts').replaceAll('used', 'stored')}`,
  'services/reports/report.store.ts': `${uses('kysely')}export const nothing = used;\n`,
  'services/reports/charts/bars.ts': uses('@observablehq/plot'),
  'services/candidates/resolve.ts': uses('node:dns'),
  'services/lab/lab.ts': uses('../probes/outcome.ts'),
  'services/probes/outcome.ts': `${uses('../feeds/feed.ts')}export const nothing = used;\n`,
  'services/feeds/feed.ts': `${uses('node:crypto')}export const nothing = used;\n`,
};

/** Rules without a planted tree; must be none. */
export const UNPLANTED: readonly string[] = RULES.map((rule) => String(rule.name)).filter(
  (name) => !PLANTED.some((planted) => planted.rule === name),
);
