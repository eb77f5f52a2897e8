// A Censys on loopback: the search and aggregate calls of Platform API v3 over real HTTP, with real paging and the faults that the real one has.
// Request and reply forms are those of censys-sdk-typescript at 5168e87. Not verified against the live API: the texts of errors, the status
// for a spent account, and what total_count counts when a document has several values.
import { randomBytes } from 'node:crypto';
import { aggregate } from './censys-aggregate.ts';
import type { LabCensysEndpoint, LabCensysHost, LabCensysService } from './censys-host.ts';
import { type CensysQuery, isKnownField, parseCensysQuery } from './censys-query.ts';
import { type LabAnswer, type LabRequest, startHttp } from './http-service.ts';

/** What goes wrong, and at which request (from 1, counted over the server's life). */
export type LabCensysFault =
  | {
      readonly kind: 'status';
      readonly at: number;
      readonly status: number;
      readonly retryAfter?: string;
      readonly says?: string;
    }
  /** The connection is cut in the middle of the body. */
  | { readonly kind: 'cut'; readonly at: number }
  /** A login page with status 200. */
  | { readonly kind: 'html'; readonly at: number }
  /** Page `page` of a query (from 1) names itself as the next one. */
  | { readonly kind: 'loop'; readonly page: number }
  /** Paging ends after so many hits although total_hits says more. */
  | { readonly kind: 'truncate'; readonly hits: number }
  /** The account pays for so many replies, then every request is 402. */
  | { readonly kind: 'credits'; readonly replies: number }
  /** Tokens given so far are no longer known from request `at` on. */
  | { readonly kind: 'forget'; readonly at: number };

export interface LabCensysOptions {
  /** A loopback address to listen on. */
  readonly address: string;
  readonly hosts: readonly LabCensysHost[];
  /** The only bearer token that is let in. */
  readonly token: string;
  /** When given, the only organisation that pays; others are 403. */
  readonly organizationId?: string;
  readonly faults?: readonly LabCensysFault[];
}

/** One request as it came in; the authorization is left out. */
export interface LabCensysRequest {
  readonly path: string;
  readonly organizationId: string | null;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface LabCensys {
  /** http://address:port, without a final slash. */
  readonly url: string;
  readonly requests: readonly LabCensysRequest[];
  close(): Promise<void>;
}

const SEARCH = '/v3/global/search/query';
const AGGREGATE = '/v3/global/search/aggregate';
const PAGE_SIZE = 100;
const BUCKETS = 1000;

/** Starts the simulator on a free port. Its faults are a plan; the same requests meet the same faults. */
export async function startCensys(options: LabCensysOptions): Promise<LabCensys> {
  const requests: LabCensysRequest[] = [];
  const state: State = { options, tokens: new Map(), replies: 0 };
  const { url, close } = await startHttp(options.address, (request, number) => {
    const { path, search, json: body } = request;
    const asked: LabCensysRequest = { path, organizationId: search['organization_id'] ?? null, body };
    requests.push(asked);
    return answer(state, asked, request, number);
  });
  return { url, requests, close };
}

interface State {
  readonly options: LabCensysOptions;
  /** What each page token stands for. */
  readonly tokens: Map<string, { readonly query: string; readonly offset: number; readonly page: number }>;
  replies: number;
}

function problem(status: number, title: string, detail: string, headers?: Record<string, string>): LabAnswer {
  return {
    status,
    body: { type: 'about:blank', title, status, detail },
    headers: { 'content-type': 'application/problem+json', ...headers },
  };
}

function answer(state: State, asked: LabCensysRequest, request: LabRequest, number: number): LabAnswer {
  const { options } = state;
  const faults = options.faults ?? [];
  const planned = faults.find((fault) => 'at' in fault && fault.at === number && fault.kind !== 'forget');
  if (planned?.kind === 'status') {
    const wait = planned.retryAfter === undefined ? {} : { 'retry-after': planned.retryAfter };
    return problem(planned.status, `Status ${planned.status}`, planned.says ?? 'A fault of the lab.', wait);
  }
  if (planned?.kind === 'html')
    return { status: 200, body: '<!DOCTYPE html><html><head><title>Sign in</title></head></html>' };
  if (faults.some((fault) => fault.kind === 'forget' && fault.at === number)) state.tokens.clear();
  if (request.headers['authorization'] !== `Bearer ${options.token}`) {
    const error = {
      code: 401,
      status: 'Unauthorized',
      message: 'Access credentials are invalid',
      reason: 'unauthorized',
      request: 'lab',
    };
    return { status: 401, body: { error } };
  }
  if (options.organizationId !== undefined && asked.organizationId !== options.organizationId) {
    return problem(403, 'Forbidden', 'The token has no access to this organization.');
  }
  if (faults.some((fault) => fault.kind === 'credits' && state.replies >= fault.replies)) {
    return problem(402, 'Payment Required', 'The organization has no credits left.');
  }
  if (request.method !== 'POST') return problem(405, 'Method Not Allowed', 'Use POST.');
  const handler = asked.path === SEARCH ? search : asked.path === AGGREGATE ? aggregated : null;
  if (handler === null) return problem(404, 'Not Found', `There is no ${asked.path}.`);
  const query = parseCensysQuery(String(asked.body['query'] ?? ''));
  if (!query.ok) {
    const errors = [{ location: 'body.query', message: query.says }];
    return { status: 422, body: { title: 'Unprocessable Entity', status: 422, detail: query.says, errors } };
  }
  const reply = handler(state, asked.body, query.query);
  if (reply.status === 200) state.replies += 1;
  return planned?.kind === 'cut' ? { ...reply, cut: true } : reply;
}

function search(state: State, body: LabCensysRequest['body'], query: CensysQuery): LabAnswer {
  const size = body['page_size'] ?? PAGE_SIZE;
  if (typeof size !== 'number' || !Number.isInteger(size) || size < 1 || size > PAGE_SIZE) {
    return problem(422, 'Unprocessable Entity', `page_size is 1 to ${PAGE_SIZE}.`);
  }
  const text = String(body['query']);
  const token = body['page_token'] ?? '';
  const place = token === '' ? { query: text, offset: 0, page: 1 } : state.tokens.get(String(token));
  if (place === undefined || place.query !== text)
    return problem(400, 'Bad Request', 'The page token is not valid for this query.');
  const matching = state.options.hosts.filter((host) => query.matches(host));
  const faults = state.options.faults ?? [];
  const cap = Math.min(matching.length, ...faults.flatMap((fault) => (fault.kind === 'truncate' ? [fault.hits] : [])));
  const end = Math.min(place.offset + size, cap);
  const loops = faults.some((fault) => fault.kind === 'loop' && fault.page === place.page);
  const next = loops ? place : { query: text, offset: end, page: place.page + 1 };
  return {
    status: 200,
    body: {
      result: {
        hits: matching.slice(place.offset, end).map((host) => hitOf(host, query)),
        next_page_token: loops || end < cap ? tokenFor(state, next) : '',
        previous_page_token: '',
        query_duration_millis: 1,
        total_hits: matching.length,
      },
    },
  };
}

/** An opaque token; the same place has the same token, so that a loop shows itself as one. */
function tokenFor(state: State, place: { query: string; offset: number; page: number }): string {
  for (const [token, known] of state.tokens) {
    if (known.query === place.query && known.offset === place.offset && known.page === place.page) return token;
  }
  const token = randomBytes(24).toString('base64url');
  state.tokens.set(token, place);
  return token;
}

function hitOf(host: LabCensysHost, query: CensysQuery): unknown {
  const resource = {
    ip: host.ip,
    service_count: host.services.length,
    services: host.services.map((service) => serviceOf(host.ip, service)),
    ...(host.location === undefined ? {} : { location: host.location }),
    ...(host.autonomous_system === undefined ? {} : { autonomous_system: host.autonomous_system }),
  };
  const matched = host.services.filter((service) => query.matchesService(service));
  const named = matched.map((service) => ({
    port: service.port,
    protocol: protocolOf(service),
    transport_protocol: service.transport ?? 'tcp',
  }));
  return { host_v1: { resource, extensions: {}, ...(named.length === 0 ? {} : { matched_services: named }) } };
}

function protocolOf(service: LabCensysService): string {
  if (service.endpoints?.some((endpoint) => endpoint.kubernetes !== undefined) === true) return 'KUBERNETES';
  return service.endpoints === undefined ? 'UNKNOWN' : 'HTTP';
}

function serviceOf(ip: string, service: LabCensysService): unknown {
  const { cert } = service;
  const parsed = cert === undefined ? {} : { subject_dn: cert.subject_dn, issuer_dn: cert.issuer_dn };
  return {
    ip,
    port: service.port,
    protocol: protocolOf(service),
    transport_protocol: service.transport ?? 'tcp',
    scan_time: service.scan_time,
    ...(cert === undefined
      ? {}
      : {
          cert: { names: cert.names, fingerprint_sha256: cert.fingerprint_sha256, parsed },
          tls: { version_selected: 'tlsv1_3', fingerprint_sha256: cert.fingerprint_sha256 },
        }),
    endpoints: (service.endpoints ?? []).map((endpoint) => ({
      ip,
      port: service.port,
      path: endpoint.path,
      transport_protocol: service.transport ?? 'tcp',
      scan_time: service.scan_time,
      ...(endpoint.kubernetes === undefined ? {} : { kubernetes: endpoint.kubernetes }),
      ...(endpoint.http === undefined ? {} : { http: httpOf(endpoint.http) }),
    })),
  };
}

function httpOf(http: NonNullable<LabCensysEndpoint['http']>): unknown {
  const headers = Object.entries(http.headers ?? {}).map(([name, value]) => [
    name,
    { headers: typeof value === 'string' ? [value] : value },
  ]);
  return {
    status_code: http.status_code,
    headers: Object.fromEntries(headers),
    ...(http.body === undefined ? {} : { body: http.body }),
  };
}

function aggregated(state: State, body: LabCensysRequest['body'], query: CensysQuery): LabAnswer {
  const field = String(body['field'] ?? '');
  const level = String(body['count_by_level'] ?? '');
  const buckets = body['number_of_buckets'] ?? 50;
  if (!isKnownField(field)) return problem(422, 'Unprocessable Entity', `Field not found: ${field}`);
  if (typeof buckets !== 'number' || !Number.isInteger(buckets) || buckets < 1 || buckets > BUCKETS) {
    return problem(422, 'Unprocessable Entity', `number_of_buckets is 1 to ${BUCKETS}.`);
  }
  const hosts = state.options.hosts.filter((host) => query.matches(host));
  const counted = aggregate(hosts, { field, level, buckets, only: body['filter_by_query'] === true ? query : null });
  return counted === null
    ? problem(422, 'Unprocessable Entity', `count_by_level ${level} does not hold ${field}.`)
    : { status: 200, body: { result: { ...counted, query_duration_millis: 1 } } };
}
