// Who may do what with which table: the rights of the three parts of the service when they have database logins of their own. One line a table; a new table does not compile without.
import type { DB } from './schema.ts';

/** A role for each part of the service. Who migrates, and all commands but `start`, use the owner's login. */
export const ROLES = {
  /** The worker: pulls feeds, plans, observes, counts. It talks to strangers, and knows neither keys nor notes on who opted out nor where reports go. */
  census_prober: 'worker',
  /** Fires schedules, writes and delivers reports, makes partitions and drops what is old. It states no facts. */
  census_scheduler: 'scheduler',
  /** Answers requests. It writes what it keeps for itself, and opt-outs; never what was observed or counted. */
  census_api: 'api',
} as const;
export type RoleName = keyof typeof ROLES;

/** As in Postgres' own access lists: r select, a insert (append), w update, d delete. */
const RIGHTS = { r: 'select', a: 'insert', w: 'update', d: 'delete' } as const;
type Right = keyof typeof RIGHTS;

/** Rights on the whole table as letters; or by right, on all columns or some. */
type Grant<Column extends string> = string | { readonly [R in Right]?: '*' | readonly Column[] };

export type Line<Column extends string = string> = { readonly [R in RoleName]?: Grant<Column> } & {
  /** Where a table is read by columns: those that no role reads. A new column stands here or in some role's list. */
  readonly unread?: readonly Column[];
};

type Tables = { readonly [T in keyof DB]: Line<Extract<keyof DB[T], string>> };

const EVERYBODY_READS = { census_prober: 'r', census_scheduler: 'r', census_api: 'r' } as const;
/** Facts: made by workers, read by the others. */
const FACT = { census_prober: 'raw', census_scheduler: 'r', census_api: 'r' } as const;

/**
 * What retention needs: rows are locked and then deleted, and Postgres asks whoever locks rows for an update right on one of their columns. Others
 * are named where rows stay and forget whom they are about, because somebody opted out.
 */
const purged = <Column extends string>(...columns: Column[]) => ({ r: '*', d: '*', w: columns }) as const;

export const GRANTS: Tables = {
  api_key: {
    census_api: { r: '*', w: ['last_used_at'] },
  },
  // Signs cursors, and the links in mails by which somebody unsubscribes.
  api_secret: { census_scheduler: 'ra', census_api: 'ra' },
  candidate: { ...FACT, census_scheduler: 'rd' },
  // What no observation shows any more goes, under a lock of the whole table.
  certificate: {
    census_prober: 'ra',
    census_scheduler: {
      r: '*',
      d: '*',
      w: [
        ...(['sha256', 'spki_sha256', 'subject', 'issuer'] as const),
        ...(['dns_names', 'ip_addresses', 'not_before', 'not_after'] as const),
      ],
    },
    census_api: 'r',
  },
  // How many wait, and since when; who complained about what is for whoever reads the mailbox.
  complaint: {
    census_scheduler: { r: ['state', 'received_at'] },
    unread: [
      ...(['id', 'kind', 'value', 'contact', 'note', 'stopped_by'] as const),
      ...(['answered_at', 'closed_at', 'outcome'] as const),
    ],
  },
  // Workers pause the service when too much is lost at once.
  control: { ...EVERYBODY_READS, census_prober: 'rw' },
  delivery: {
    census_scheduler: 'raw',
    // Whoever unsubscribes stops what still waits.
    census_api: {
      r: ['schedule_id', 'destination', 'delivered_at', 'stopped_at'],
      w: ['stopped_at', 'stopped_reason'],
    },
  },
  delivery_attempt: { census_scheduler: 'raw' },
  destination_stop: { census_scheduler: 'rad', census_api: 'ra' },
  endpoint_state: { ...FACT, census_scheduler: purged('address') },
  feed_cursor: { census_prober: 'rawd' },
  feed_run: { ...FACT, census_scheduler: { r: '*', w: ['held', 'rejected', 'rejected_by'] } },
  held_back: { ...FACT, census_prober: 'raw' },
  held_sighting: { census_prober: 'rad', census_scheduler: 'rd' },
  held_tally: { census_prober: 'rad' },
  idempotency_key: { census_api: 'rawd', census_scheduler: purged('created_at') },
  k8s_version: { ...FACT, census_prober: 'ra' },
  // What was seen stays as it was seen. That another vantage saw more is a mark beside it; whom it is about is forgotten when they opted out.
  observation: {
    census_prober: { r: '*', a: '*', w: ['superseded'] },
    census_scheduler: {
      r: '*',
      w: [
        ...(['address', 'host', 'server_name', 'detail'] as const),
        ...(['body_digest', 'evidence_digest', 'flags', 'verdict'] as const),
      ],
    },
    census_api: 'r',
  },
  opt_out: {
    census_prober: { r: ['kind', 'value', 'withdrawn_at'] },
    census_scheduler: { r: ['id', 'kind', 'value', 'added_at', 'withdrawn_at', 'purged_at'], w: ['purged_at'] },
    census_api: {
      r: ['id', 'kind', 'value', 'added_at', 'withdrawn_at', 'verification', 'verified_at', 'purged_at'],
      a: ['kind', 'value', 'note', 'added_at', 'verification', 'verified_by', 'verified_at'],
      w: ['withdrawn_at', 'verification', 'verified_by', 'verified_at'],
    },
    unread: ['note', 'verified_by'],
  },
  opt_out_purge: { census_scheduler: 'raw' },
  opt_out_request: { census_api: 'raw' },
  owner: { census_scheduler: 'r' },
  quarantine: { census_prober: 'ra', census_scheduler: purged('reason'), census_api: 'r' },
  report: { census_scheduler: 'rawd', census_api: 'r' },
  rollup: { ...FACT, census_prober: 'rad' },
  schema_compatibility: EVERYBODY_READS,
  schedule: { census_scheduler: 'raw', census_api: { r: ['id', 'name', 'destinations'] } },
  schedule_fire: { census_scheduler: 'raw' },
  sighting: FACT,
  sighting_evidence: { ...FACT, census_scheduler: purged('observed_at') },
  survey: { census_prober: 'rw', census_scheduler: 'raw', census_api: 'r' },
  survey_chunk: { ...FACT, census_prober: 'rawd' },
  // Forgotten when their survey is counted.
  survey_minute: { ...FACT, census_prober: 'rawd' },
  survey_network: { ...FACT, census_prober: 'rawd', census_scheduler: 'rd' },
  survey_stop: { ...FACT, census_scheduler: { r: '*', w: ['scope'] } },
  survey_suspect: { ...FACT, census_prober: 'rad', census_scheduler: purged('address') },
  survey_target: { ...FACT, census_scheduler: purged('host', 'address', 'server_name', 'candidate_id') },
  survey_trip: FACT,
  tally: { ...FACT, census_prober: 'ra' },
  tally_bucket: { ...FACT, census_prober: 'ra' },
  worker: { ...EVERYBODY_READS, census_prober: 'rawd' },
};

/** Tables that the generated types leave out. Partitions of single days are read and written through their parent. */
export const OTHER_GRANTS: Readonly<Record<string, Line>> = {
  kysely_migration: EVERYBODY_READS,
  observation_default: { census_scheduler: purged('survey_id') },
};

/** Functions with their owner's rights: how the scheduler makes and drops partitions. */
export const FUNCTION_GRANTS: Readonly<Record<string, RoleName>> = {
  'make_observation_partition(date)': 'census_scheduler',
  'lock_observation_partition(text)': 'census_scheduler',
  'drop_observation_partition(text)': 'census_scheduler',
};

/** The grants of one role on one table as Postgres reads them, e.g. `select, update (last_used_at)`; '' where it has none. */
export function rightsOn(grant: Grant<string> | undefined): string {
  const rights =
    typeof grant === 'string' ? [...grant].map((letter) => [letter, '*'] as const) : Object.entries(grant ?? {});
  return rights
    .map(
      ([letter, on]) =>
        RIGHTS[letter as Right] + (on === '*' ? '' : ` (${on.map((column) => `"${column}"`).join(', ')})`),
    )
    .join(', ');
}
