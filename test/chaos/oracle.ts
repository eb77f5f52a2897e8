// The oracle: what must hold of every survey that has ended, whatever was done to those who made it.
import { type Kysely, sql } from 'kysely';
import { differences } from '../../services/lab/compare.ts';
import type { LabWorld } from '../../services/lab/host.ts';
import { expectedEndpoints } from '../../services/lab/truth.ts';
import { observedEndpoints } from '../../services/observations/observation.store.ts';
import type { DB } from '../../services/platform/db/schema.ts';

export interface Question {
  readonly db: Kysely<DB>;
  readonly id: string;
  readonly world: LabWorld;
  readonly ports: readonly number[];
  /** Connections accepted during the survey, by "address:port". */
  readonly dials: Readonly<Record<string, number>>;
  /** The same of a survey that nobody disturbed. */
  readonly measure: Readonly<Record<string, number>>;
}

export interface Permitted {
  /** How often a chunk may have been given out again: whoever died with it in hand had dialled some of it. Default 0. */
  readonly again?: number;
  /** Targets that may say nothing of their host: which outcome says so, and how many they may be. Default none. */
  readonly unseen?: { readonly outcome: 'error_ours' | 'blocked_policy'; readonly most: number };
}

/** Every way in which the survey breaks a promise, one line each; none when all are kept. */
export async function findings(question: Question, permitted: Permitted): Promise<string[]> {
  return [
    ...(await unfinished(question)),
    ...(await notOnce(question)),
    ...(await notTrue(question, permitted)),
    ...tooOften(question, permitted.again ?? 0),
    ...(await notTheHosts(question)),
  ];
}

/** The survey ended whole. */
async function unfinished({ db, id }: Question): Promise<string[]> {
  const { rows } = await sql<{ state: string; targets: number; open: number; observations: number }>`
    select state, target_count as targets,
      (select count(*) from survey_chunk c where c.survey_id = s.id and committed_at is null) as open,
      (select count(*) from observation o where o.survey_id = s.id) as observations
    from survey s where id = ${id}`.execute(db);
  const [row] = rows;
  if (row === undefined) return [`${id} is not there`];
  const lines = row.state === 'complete' ? [] : [`${id} is ${row.state}`];
  if (row.open > 0) lines.push(`${row.open} chunks are open`);
  if (row.targets === 0) lines.push('nothing was due');
  if (row.observations !== row.targets) lines.push(`${row.observations} outcomes of ${row.targets} targets`);
  return lines;
}

/** Every due target has exactly one final outcome. */
async function notOnce({ db, id }: Question): Promise<string[]> {
  const { rows } = await sql<{ host: string; port: number; outcomes: number }>`
    select t.host, t.port, count(o.outcome) as outcomes from survey_target t
    left join observation o on o.survey_id = t.survey_id and o.host = t.host and o.port = t.port and o.address is not distinct from t.address
    where t.survey_id = ${id} group by t.host, t.address, t.port having count(o.outcome) <> 1 order by 1, 2`.execute(
    db,
  );
  return rows.map(({ host, port, outcomes }) => `${host}:${port} has ${outcomes} outcomes`);
}

/** What was observed is what is there; what was not says so itself, and is no more than permitted. */
async function notTrue({ db, id, world, ports }: Question, { unseen }: Permitted): Promise<string[]> {
  const observed = await observedEndpoints(db, id);
  const admitted = observed.filter(({ outcome }) => outcome === unseen?.outcome);
  const unknown = new Set(admitted.map(({ address, port }) => `${address}:${port}`));
  const lines = differences(
    expectedEndpoints(world, { ports }).filter(({ address, port }) => !unknown.has(`${address}:${port}`)),
    observed.filter(({ outcome }) => outcome !== unseen?.outcome),
  );
  if (admitted.length > (unseen?.most ?? 0)) lines.push(`${admitted.length} outcomes are ${unseen?.outcome}`);
  return lines;
}

/** Nobody was dialled more often than an undisturbed survey dials, times the deliveries of a chunk. */
function tooOften({ dials, measure }: Question, again: number): string[] {
  return Object.entries(dials).flatMap(([endpoint, count]) => {
    const most = (measure[endpoint] ?? 0) * (1 + again);
    return count > most ? [`${endpoint} was dialled ${count} times, not ${most}`] : [];
  });
}

/** No state of a host moved to anything but the truth: our own faults never become a host's. */
async function notTheHosts({ db, world, ports }: Question): Promise<string[]> {
  const { rows } = await sql<{ address: string; port: number; outcome: string }>`
    select host(address) as address, port, outcome from endpoint_state`.execute(db);
  const states = new Map(rows.map(({ address, port, outcome }) => [`${address}:${port}`, outcome]));
  return expectedEndpoints(world, { ports }).flatMap(({ address, port, truth }) => {
    const state = states.get(`${address}:${port}`);
    if (address === null || state === truth.outcome) return [];
    return [`the state of ${address}:${port} is ${state ?? 'missing'}, not ${truth.outcome}`];
  });
}
