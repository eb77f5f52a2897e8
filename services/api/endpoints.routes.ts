// Endpoints and what was observed at them: only for keys that cover the networks they lie in.
import { Type } from 'typebox';
import { KubecensusError } from '../platform/errors.ts';
import { parseAddress, parsePrefix } from '../platform/net/address.ts';
import { KNOWN_VALUES } from '../rollups/count-request.ts';
import { ENDPOINT_STATES, type EndpointState } from '../surveys/endpoint-life.ts';
import { howToCover, keyOf } from './access.ts';
import type { Resource } from './context.ts';
import { questionOf } from './cursor.ts';
import { endpointHistory, endpoints as readEndpoints } from './endpoint.store.ts';
import { type ApiKey, coversAddress, coversNetwork } from './keys/api-key.ts';
import { pageOf } from './page.ts';
import { timeOf } from './request-values.ts';
import { answers, Next, orNull, PAGE_ROWS, PAGED, query, Texts, Time } from './schemas.ts';

const AnyAddress = Type.Unsafe<string>({
  anyOf: [
    { type: 'string', format: 'ipv4' },
    { type: 'string', format: 'ipv6' },
  ],
});
const Port = Type.Integer({ minimum: 1, maximum: 65535 });
const Text = Type.String();

const Endpoint = Type.Object({
  address: Text,
  port: Port,
  component: orNull(Text),
  grade: Text,
  outcome: Text,
  version: orNull(Text),
  distribution: orNull(Text),
  country: orNull(Text),
  asn: orNull(Type.Integer()),
  firstSeen: orNull(Time),
  lastSeen: orNull(Time),
  lastProbed: Time,
  lastChanged: Time,
  misses: Type.Integer({ minimum: 0, description: 'probes since it was last seen' }),
  state: Type.Enum(Object.keys(ENDPOINT_STATES) as EndpointState[], {
    description: Object.entries(ENDPOINT_STATES)
      .map(([state, says]) => `${state}: ${says}`)
      .join('; '),
  }),
});

const Observation = Type.Object({
  survey: Text,
  observedAt: Time,
  method: Text,
  evidence: Type.String({ description: '`probe`, or the feed whose evidence was judged' }),
  vantage: Text,
  serverName: orNull(Text),
  outcome: Text,
  component: orNull(Text),
  grade: Text,
  authentication: orNull(Text),
  version: orNull(
    Type.String({ description: 'as disclosed; a version in an upstream range is not said to be vulnerable' }),
  ),
  distribution: orNull(Text),
  support: orNull(Text),
  honeypot: Text,
  country: orNull(Text),
  asn: orNull(Type.Integer()),
  certificateSha256: orNull(Text),
  flags: Texts,
  ranges: Type.Array(Text, { description: 'upstream ranges that contain the version' }),
  advice: Texts,
});

/** The values of a closed dimension, for a filter. */
function wordsOf(dim: 'component' | 'grade' | 'outcome' | 'distribution') {
  const known = KNOWN_VALUES[dim];
  const words = 'words' in known ? [...known.words] : [];
  return Type.Optional(Type.Array(Type.Unsafe<string>({ type: 'string', enum: words }), { minItems: 1 }));
}

/** Networks that are looked through: the key's, or one within them. */
function networksFor(key: ApiKey, network: string | undefined): readonly string[] {
  if (network === undefined) return key.networks;
  const prefix = parsePrefix(network, { bare: true, hostBits: 'clear' });
  if (prefix === null) throw new KubecensusError('KC_API_REQUEST', `${JSON.stringify(network)} is no network.`);
  if (!coversNetwork(key, prefix))
    throw new KubecensusError('KC_API_FORBIDDEN', `The key does not cover ${prefix.text}. ${howToCover(prefix.text)}`);
  return [prefix.text];
}

/** The endpoint of a path. Whether there is one is not said to a key that does not cover it. */
function endpointOf(key: ApiKey, { address, port }: { address: string; port: number }) {
  const parsed = parseAddress(address);
  if (parsed === null) throw new KubecensusError('KC_API_REQUEST', `${JSON.stringify(address)} is no address.`);
  if (!coversAddress(key, parsed))
    throw new KubecensusError('KC_API_FORBIDDEN', `The key does not cover ${parsed.text}. ${howToCover(parsed.text)}`);
  return { address: parsed.text, port };
}

const iso = (time: Date | null): string | null => time?.toISOString() ?? null;

export const endpoints: Resource = (api, { db, cursors }) => {
  api.get(
    '/v1/endpoints',
    {
      config: { needs: { scope: 'host:read' } },
      schema: {
        operationId: 'listEndpoints',
        summary: 'Endpoints within the networks of the key, by address and port',
        tags: ['endpoints'],
        querystring: query({
          network: Type.Optional(
            Type.String({
              pattern: '^[0-9A-Fa-f:.]{2,45}(/[0-9]{1,3})?$',
              description: 'a part of what the key covers',
            }),
          ),
          component: wordsOf('component'),
          grade: wordsOf('grade'),
          outcome: wordsOf('outcome'),
          distribution: wordsOf('distribution'),
          changedSince: Type.Optional(Time),
          ...PAGED,
        }),
        response: answers(
          Type.Object({
            meta: Type.Object({ unit: Type.Literal('endpoint'), networks: Texts }),
            data: Type.Array(Endpoint),
            next: Next,
          }),
        ),
      },
    },
    async (request) => {
      const { network, limit = PAGE_ROWS, cursor, changedSince, ...filters } = request.query;
      const key = keyOf(request.access);
      const networks = networksFor(key, network);
      const question = questionOf('/v1/endpoints', { ...request.query, networks });
      const [address, port] = cursor === undefined ? [] : cursors.read(question, cursor);
      const rows = await readEndpoints(db, {
        ...filters,
        networks,
        changedSince: changedSince === undefined ? undefined : timeOf(changedSince),
        after: address === undefined ? null : [String(address), Number(port)],
        limit: limit + 1,
      });
      const { data, next } = pageOf(rows, limit, cursors, question, (row) => [row.address, row.port]);
      return {
        meta: { unit: 'endpoint' as const, networks: [...networks] },
        data: data.map((row) => ({
          ...row,
          firstSeen: iso(row.firstSeen),
          lastSeen: iso(row.lastSeen),
          lastProbed: row.lastProbed.toISOString(),
          lastChanged: row.lastChanged.toISOString(),
        })),
        next,
      };
    },
  );

  api.get(
    '/v1/endpoints/:address/:port/history',
    {
      config: { needs: { scope: 'host:read' } },
      schema: {
        operationId: 'getEndpointHistory',
        summary: 'What was observed at one endpoint, newest first',
        tags: ['endpoints'],
        params: Type.Object({ address: AnyAddress, port: Port }),
        querystring: query(PAGED),
        response: answers(
          Type.Object({
            meta: Type.Object({ unit: Type.Literal('observation'), address: Text, port: Port }),
            data: Type.Array(Observation),
            next: Next,
          }),
        ),
      },
    },
    async (request) => {
      const { limit = PAGE_ROWS, cursor } = request.query;
      const endpoint = endpointOf(keyOf(request.access), request.params);
      const question = questionOf('/v1/endpoints/history', endpoint);
      const [at, survey] = cursor === undefined ? [] : cursors.read(question, cursor);
      const after = at === undefined ? null : { recordedAt: new Date(Number(at)), survey: String(survey) };
      const rows = await endpointHistory(db, endpoint, after, limit + 1);
      if (rows.length === 0 && after === null)
        throw new KubecensusError(
          'KC_API_NOT_FOUND',
          `Nothing was observed at port ${endpoint.port} of ${endpoint.address}.`,
        );
      const page = pageOf(rows, limit, cursors, question, (row) => [row.recordedAt.getTime(), row.survey]);
      return {
        meta: { unit: 'observation' as const, ...endpoint },
        data: page.data.map(({ evidenceFeed, observedAt, recordedAt: _at, ...row }) => ({
          ...row,
          flags: [...row.flags],
          ranges: [...row.ranges],
          advice: [...row.advice],
          observedAt: observedAt.toISOString(),
          evidence: evidenceFeed ?? 'probe',
        })),
        next: page.next,
      };
    },
  );
};
