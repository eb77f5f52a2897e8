// LeakIX' form: a bare list of l9events. Not verified live: the rows of a page, and refusals other than 429.
import { type LabForm, numberIn } from './form.ts';
import { headOf, type LabRow } from './row.ts';

const SIZE = 20;
const STATUS = { key: 401, credits: 402, query: 400, rate: 429 } as const;

export const LAB_LEAKIX: LabForm = {
  type: 'leakix',
  read: ({ path, headers, search }) =>
    path === '/search' && search['scope'] === 'service' && headers['accept'] === 'application/json'
      ? {
          call: 'search',
          key: headers['api-key'],
          query: search['q'] ?? '',
          offset: numberIn(search['page'], 0) * SIZE,
          size: SIZE,
          field: '',
        }
      : null,
  page: ({ rows }) => (rows.length === 0 ? null : rows.map(eventOf)),
  refuse: (why, says) => ({ status: STATUS[why], body: { title: 'Refused', description: says, error: says } }),
  wait: (seconds) => ({ 'x-limited-for': `${seconds - 1}s${999}.5ms` }),
};

function eventOf({ address, port, name, seenAt, certificate, answer, gitVersion }: LabRow): unknown {
  return {
    event_type: 'service',
    ip: address,
    host: name ?? '',
    port: String(port),
    transport: certificate === null ? ['tcp', 'http'] : ['tcp', 'tls', 'http'],
    protocol: certificate === null ? 'http' : 'https',
    time: seenAt.replace('Z', '.387052639Z'),
    summary: answer === null ? '' : `${headOf(answer)}${answer.body}`,
    http: {
      url: answer?.path ?? '',
      status: answer?.status ?? 0,
      header: Object.fromEntries(
        Object.entries(answer?.headers ?? {}).map(([key, value]) => [key.toLowerCase(), value]),
      ),
    },
    ssl: {
      enabled: certificate !== null,
      version: certificate === null ? '' : 'TLSv1.3',
      certificate: {
        cn: certificate?.subject ?? '',
        domain: certificate?.dnsNames ?? null,
        fingerprint: certificate?.sha256 ?? '',
        issuer_name: certificate?.issuer ?? '',
        not_before: certificate?.notBefore ?? '0001-01-01T00:00:00Z',
        not_after: certificate?.notAfter ?? '0001-01-01T00:00:00Z',
      },
    },
    service: { software: { name: gitVersion === null ? '' : 'Kubernetes', version: gitVersion ?? '' } },
  };
}
