// Reads the captures of real components and puts the lab's answers beside them.
import { readFileSync } from 'node:fs';
import { BEHAVIOURS } from '../../services/lab/behaviours/behaviours.ts';
import { buildOf } from '../../services/lab/builds.ts';
import type { Anonymous, LabCluster, LabKind } from '../../services/lab/host.ts';
import { NOT_KUBERNETES, service } from '../../services/lab/recipes/recipe.ts';

export interface Capture {
  readonly name: string;
  readonly port: number;
  readonly requests: readonly { readonly path: string; readonly response: string }[];
  readonly acceptableClientCAs?: readonly string[] | null;
  readonly plainHttpToTlsPort?: { readonly response: string };
}

const FIXTURES = new URL('../fixtures/captures/', import.meta.url);

export function capture(name: string): Capture {
  return JSON.parse(readFileSync(new URL(`${name}.json`, FIXTURES), 'utf8')) as Capture;
}

/** The captures are of 1.20.2; the nearest build of the lab. */
export const BUILD_1_20 = buildOf('plain', '1.20.15');

const FLOW = { schema: '3c773d03-be1a-4aad-a3a2-0bd94e102e91', level: 'cab9526e-163c-4ece-a5e8-2aef5f2840f9' };

export const CLUSTER: LabCluster = {
  id: 'test',
  name: 'test',
  build: BUILD_1_20,
  createdAt: new Date('2026-01-01T00:00:00Z'),
  key: 'ec',
  flow: { probes: FLOW, other: FLOW },
  uuid: '6d2a7c3e-0000-4000-8000-000000000000',
  hex: '0123456789abcdef0123456789abcdef',
  members: [],
};

/** The lab's answer to a GET with `Connection: close`, as the captures were taken. */
export function labAnswer(
  kind: Exclude<LabKind, 'hostile'>,
  path: string,
  more: { anonymous?: Anonymous; build?: typeof BUILD_1_20; userAgent?: string; method?: string } = {},
): string {
  const now = new Date('2026-11-23T18:16:40Z');
  const asked = { method: more.method ?? 'GET', path, userAgent: more.userAgent ?? 'kubecensus', lastOne: true };
  return BEHAVIOURS[kind](asked, {
    service: service({
      port: 1,
      kind,
      build: more.build ?? BUILD_1_20,
      cluster: CLUSTER,
      anonymous: more.anonymous ?? 'off',
      truth: NOT_KUBERNETES,
    }),
    now,
    startedAt: now,
    uuid: () => '11111111-2222-4333-8444-555555555555',
  }).bytes;
}

/** Status line, header names with values that do not change, body; what differs between two runs of one program is blanked. */
export function shape(response: string): { head: string[]; body: string } {
  const end = response.indexOf('\r\n\r\n');
  const head = response
    .slice(0, end)
    .split('\r\n')
    .map((line) => line.replace(/^(Date|Content-Length|X-Kubernetes-Pf-\S+?): .*/, '$1: *'));
  const body = response
    .slice(end + 4)
    .replace(/"(gitVersion|gitCommit|gitTreeState|buildDate|goVersion)": "[^"]*"/g, '"$1": "*"')
    .replace(/"etcd(server|cluster)":"[^"]*"/g, '"etcd$1":"*"')
    .replace(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)? \+0000 UTC m=\+[\d.]+/g, '*');
  return { head, body };
}
