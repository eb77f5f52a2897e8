// Checks of conduct: who we say we are, whom we may ask, whom we must not, and how old what we know of them is.
import { unansweredComplaints } from '../../candidates/complaint.store.ts';
import { SNAPSHOT_DATE } from '../../candidates/never-probe.ts';
import { openRequests } from '../../candidates/opt-out-request.store.ts';
import { readScope } from '../../candidates/scope-text.ts';
import type { Config } from '../../config.ts';
import { describeFeeds } from '../../feeds/describe.ts';
import type { Parts } from '../../parts.ts';
import { type Finding, fail, ok, warn, worst } from '../../platform/finding.ts';
import type { GeoSource } from '../../platform/geo.ts';
import { SECRETS } from '../../secrets.ts';

const DAY_MS = 24 * 3600 * 1000;
/** IANA changes the special-purpose registries about once a year. */
const TABLE_DAYS = 183;
/** Requests that are named; the list has the others. */
const NAMED = 3;
/** Networks change hands by the month. */
const GEO_DAYS = 62;

const isLab = (config: Config): boolean => config.scope.length > 0 && readScope(config.scope).loopbackLab;

export function checkContact(config: Config): Finding {
  const { 'contact.url': url, 'contact.email': email } = config;
  if (url !== null && email !== null) return ok(`${url} and ${email} are sent with every request`);
  const missing = [url === null ? ['contact.url'] : [], email === null ? ['contact.email'] : []].flat().join(' and ');
  if (isLab(config)) return ok(`${missing} unset; the lab needs none`);
  const say = config.scope.length > 0 ? fail : warn;
  return say(`${missing} unset: no survey of the internet starts`, 'Set both; see docs/ethics.md.');
}

export function checkScope(config: Config): Finding {
  if (config.scope.length === 0)
    return warn('no scope: only passive surveys run', 'Set scope to the networks that may be probed.');
  return ok(
    isLab(config)
      ? 'the lab on loopback'
      : `${config.scope.length} networks: ${config.scope.slice(0, 3).join(', ')}${config.scope.length > 3 ? ' …' : ''}`,
  );
}

export function checkNeverProbe(now: Date): Finding {
  const days = daysSince(SNAPSHOT_DATE, now);
  const said = `the never-probe table was read from IANA on ${SNAPSHOT_DATE}, ${days} days ago`;
  return days > TABLE_DAYS
    ? warn(said, 'Update kubecensus; name what is new in the registries as ownAddresses meanwhile.')
    : ok(said);
}

export async function checkOptOuts({ policyFor, db }: Parts): Promise<Finding> {
  const { optOutCount, optOutVersion } = (await policyFor(['0.0.0.0/0', '::/0'])).describe();
  const waiting = await openRequests(db);
  const inForce = ok(`${optOutCount} opt-outs in force, read just now (${optOutVersion.slice(0, 12)})`);
  if (waiting.length === 0) return inForce;
  const named = waiting.slice(0, NAMED).map(({ id, kind, value }) => `${id}: ${kind} ${value}`);
  const more = waiting.length > NAMED ? ' …' : '';
  return worst([
    inForce,
    warn(
      `${waiting.length} wait to be verified (${named.join(', ')}${more})`,
      'kubecensus opt-out list --pending says how; opt-out verify or opt-out remove decides.',
    ),
  ]);
}

/** Whoever complains is answered within a day. */
export async function checkComplaints({ db, now }: Parts): Promise<Finding> {
  const { count, oldest } = await unansweredComplaints(db);
  if (oldest === null) return ok('no complaint waits for an answer');
  const days = daysSince(oldest.toISOString(), now());
  const said = `${count} complaints wait for an answer, the oldest for ${days} days`;
  const todo = 'Answer them: kubecensus complaint list, then complaint answer.';
  return days > 0 ? fail(said, todo) : warn(said, todo);
}

export async function checkGeo({ geo, now }: Parts): Promise<Finding> {
  return worst((await geo()).sources.map((source) => geoFinding(source, now())));
}

/** A package's version ends in the day of its data (2.3.2026061719), a database of the user's own is a day. */
export function geoFinding({ gives, name, version, caveat }: GeoSource, now: Date): Finding {
  const day = /(20\d\d)-?(\d\d)-?(\d\d)/.exec(version)?.slice(1).join('-') ?? null;
  const said = `${gives}: ${name} ${version}`;
  const todo = `Give a newer MaxMind DB file as geo.${gives}Mmdb.`;
  if (day === null || Number.isNaN(Date.parse(day))) return warn(`${said} does not say its age`, todo);
  const aged = `${said}, ${daysSince(day, now)} days old`;
  if (caveat !== null)
    return warn(`${aged}, with known errors`, 'Give MaxMind DB files of your own before you publish.');
  return daysSince(day, now) > GEO_DAYS ? warn(aged, todo) : ok(aged);
}

export function checkSecrets(config: Config): Finding {
  const findings = [ofVariables(config), ...ofFeeds(config)];
  if (config.databaseUrl !== null && config.clusterKey === null)
    findings.push(
      warn(
        'clusterKey is unset',
        'Set KUBECENSUS_CLUSTER_KEY to the same long random text in every process: each data directory makes one of its own.',
      ),
    );
  return worst(findings);
}

/** Secrets that are named and cannot be read. */
function ofVariables({ secret }: Config): Finding {
  try {
    const set = Object.values(SECRETS).filter((variable) => (secret(variable) ?? '') !== '');
    return ok(set.length === 0 ? 'no secret of deliveries is set' : `readable: ${set.join(', ')}`);
  } catch (error) {
    return fail((error as Error).message, 'Let this account read the file.');
  }
}

function ofFeeds(config: Config): Finding[] {
  try {
    return describeFeeds(config.feeds, config.secret).flatMap(({ name, missing }) =>
      missing === null ? [] : [fail(`the feed ${name} cannot run`, `For ${name}: ${missing}.`)],
    );
  } catch (error) {
    return [
      fail((error as Error).message, 'Correct the declaration of the feed, or let this account read its secret.'),
    ];
  }
}

const daysSince = (day: string, now: Date): number => Math.floor((now.getTime() - Date.parse(day)) / DAY_MS);
