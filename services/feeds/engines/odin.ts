// ODIN (Cyble): hosts. Form: a stored reply and the client of uncover (sources/agent/odin at 92e6147).
import type { Sighting } from '../feed.ts';
import { integerOf, listOf, member, parseJson } from '../json.ts';
import type { SearchEngine } from './declaration.ts';
import { certificateOf, count, dated, factsOf, nameOf, parsedAnswer, rowOf, text } from './readings.ts';

const SIZE = 100;
const NAME = [
  ['CN', 'common_name'],
  ['O', 'organization'],
] as const;

export const ODIN: SearchEngine = {
  type: 'odin',
  title: 'ODIN hosts',
  baseUrl: 'https://api.odin.io',
  keyEnv: 'ODIN_API_KEY',
  language: 'ODIN query, e.g. services.port:6443',
  terms: "ODIN's terms of service.",
  cost: "1 credit a row of the plan's credits, 100 a page",
  upstreams: [],
  spacingMs: 1000,
  unverified:
    'the largest page, the cost, texts of errors; `total` is seen to stop at 10,000, and hosts show all their services',
  queries: {
    'kube-apiserver':
      'services.modules.tls.certificate.subject_alt_name.dns_names:"kubernetes.default.svc.cluster.local"',
    kubelet: 'services.port:10250',
    etcd: 'services.port:2379',
  },
  paging: { by: 'cursor', first: 0, size: SIZE, maxRows: null },
  creditsPerPage: SIZE,
  ask: ({ query, key, place }) => ({
    path: '/v1/hosts/search',
    headers: { 'x-api-key': key },
    json: { query, limit: SIZE, ...(place === '' ? {} : { start: parseJson(place) }) },
  }),
  // The cursor is a list of two numbers: time and score of the last row.
  read: (reply) => {
    const data = member(reply, 'data');
    if (!Array.isArray(data)) return null;
    const last = listOf(member(reply, 'pagination', 'last'));
    const whole = last.length > 0 && last.every((one) => typeof one === 'number');
    const total = count(member(reply, 'pagination', 'total'));
    return { hits: data, total, cursor: whole ? JSON.stringify(last) : null, credits: data.length };
  },
  row: (hit, at, options) => {
    const services = listOf(member(hit, 'services'));
    if (services.length === 0) return 'no_service';
    const rows = services.map((service) => serviceOf(hit, service, at, options));
    const good = rows.filter((row): row is readonly Sighting[] => typeof row !== 'string').flat();
    return good.length > 0 ? good : (rows[0] as string);
  },
};

const serviceOf = (
  hit: unknown,
  service: unknown,
  at: string,
  options: Parameters<SearchEngine['row']>[2],
): ReturnType<SearchEngine['row']> => {
  const http = member(service, 'modules', 'http');
  const certificate = member(service, 'modules', 'tls', 'certificate');
  const alternative = member(certificate, 'extensions', 'subject_alt_name');
  const headers = Object.fromEntries(
    Object.entries(Object(member(http, 'headers'))).map(([name, of]) => [name.replaceAll('_', '-'), of]),
  );
  const seen = {
    address: text(member(hit, 'ip')),
    name: null,
    port: member(service, 'port'),
    time: dated(member(service, 'last_updated_at')),
    facts: factsOf({
      encrypted: member(service, 'tunnel') === 'ssl',
      certificate: certificateOf({
        subject: nameOf(member(certificate, 'subject'), NAME),
        issuer: nameOf(member(certificate, 'issuer'), NAME),
        names: member(certificate, 'subject_alt_name', 'dns_names') ?? member(alternative, 'dns_names'),
        addresses: member(alternative, 'ip_address'),
        sha256: member(certificate, 'fingerprint_sha256'),
      }),
      requests: parsedAnswer('/', member(http, 'status_code'), headers, member(http, 'body')),
    }),
    transport: member(service, 'protocol'),
  };
  return rowOf(seen, `${at} port ${integerOf(member(service, 'port'), 0, 65_535) ?? '?'}`, options);
};
