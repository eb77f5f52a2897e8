// The lab as a configuration knows it: one declared feed of every type, their secrets by variable, and the list of its logs.
import { createHash } from 'node:crypto';
import { COUNTS_ENGINES, SEARCH_ENGINES } from '../feeds/engines/index.ts';
import type { LabAddresses, LabCtLogAddress } from './addresses.ts';
import { LAB_ZONE } from './world.ts';

/** How long a run listens to the stream of a lab. */
const LISTEN_SECONDS = 5;

type Declarations = Readonly<Record<string, Readonly<Record<string, unknown>> & { readonly type: string }>>;

/** Feeds by name. The name is the type's with "lab-" before it; `logList`: the file that holds labLogList's text. */
export function labDeclarations(lab: LabAddresses, logList: string): Declarations {
  const { ctLog, rfc6962Log, censys, engines, crtsh, sslmate, certstream } = lab;
  const censysAccess = { baseUrl: censys.url, organizationId: censys.organizationId };
  const engineFeeds = [...SEARCH_ENGINES, ...COUNTS_ENGINES].map(({ type }): [string, { type: string }] => [
    `lab-${type}`,
    { type, ...baseOf(engines, type) },
  ]);
  return {
    'lab-static-ct': {
      type: 'static-ct',
      origin: ctLog.origin,
      monitoringUrl: ctLog.url,
      publicKey: ctLog.publicKeyDer,
    },
    'lab-rfc6962': { type: 'rfc6962', url: rfc6962Log.url, publicKey: rfc6962Log.publicKeyDer },
    'lab-ct-list': { type: 'ct-list', path: logList },
    'lab-crtsh': { type: 'crtsh', domains: LAB_ZONE, baseUrl: crtsh.url },
    'lab-sslmate': { type: 'sslmate', domains: LAB_ZONE, baseUrl: sslmate.url },
    'lab-certstream': { type: 'certstream', url: certstream.url, seconds: LISTEN_SECONDS },
    'lab-censys': { type: 'censys', ...censysAccess, query: censys.query },
    'lab-censys-aggregate': { type: 'censys-aggregate', ...censysAccess },
    ...Object.fromEntries(engineFeeds),
  };
}

/** A facet's type begins with the type of its engine. */
function baseOf(engines: LabAddresses['engines'], type: string): { baseUrl?: string } {
  const engine = Object.keys(engines).find((name) => type === name || type.startsWith(`${name}-`));
  return engine === undefined ? {} : { baseUrl: engines[engine]?.url ?? '' };
}

/** Secrets by the environment variable that the feeds name. */
export function labSecrets({ censys, sslmate, engines }: LabAddresses): Readonly<Record<string, string>> {
  return {
    CENSYS_TOKEN: censys.token,
    SSLMATE_API_KEY: sslmate.token,
    ...Object.fromEntries(SEARCH_ENGINES.map(({ type, keyEnv }) => [keyEnv, engines[type]?.key ?? ''])),
  };
}

/** A log list of version 3 that holds both logs of the lab. */
export function labLogList({ ctLog, rfc6962Log }: LabAddresses, now: Date): string {
  const state = { usable: { timestamp: now.toISOString() } };
  const common = ({ publicKeyDer, origin }: LabCtLogAddress) => ({
    description: origin,
    log_id: createHash('sha256').update(Buffer.from(publicKeyDer, 'base64')).digest('base64'),
    key: publicKeyDer,
    mmd: 60,
    state,
  });
  const tiled = { ...common(ctLog), submission_url: `https://${ctLog.origin}/`, monitoring_url: ctLog.url };
  const operator = {
    name: 'kubecensus lab',
    email: [],
    logs: [{ ...common(rfc6962Log), url: rfc6962Log.url }],
    tiled_logs: [tiled],
  };
  return `${JSON.stringify({ version: '1.0', log_list_timestamp: now.toISOString(), operators: [operator] }, null, 2)}\n`;
}
