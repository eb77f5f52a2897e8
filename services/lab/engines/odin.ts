// ODIN's form: hosts with services, and a cursor of two numbers. Not verified live: refusals.
import { type LabForm, numberIn } from './form.ts';
import type { LabRow } from './row.ts';

const STATUS = { key: 401, credits: 402, query: 400, rate: 429 } as const;
/** The score beside the row's number: it only has to come back. */
const SCORE = 3.1706264;

export const LAB_ODIN: LabForm = {
  type: 'odin',
  read: ({ path, method, headers, json }) =>
    path === '/v1/hosts/search' && method === 'POST'
      ? {
          call: 'search',
          key: headers['x-api-key'],
          query: String(json['query'] ?? ''),
          offset: Array.isArray(json['start']) ? numberIn(json['start'][0], 0) : 0,
          size: numberIn(json['limit'], 10),
          field: '',
        }
      : null,
  page: ({ rows, offset, size, total, more }) => ({
    success: true,
    pagination: { start: null, last: more ? [offset + rows.length, SCORE] : null, limit: size, total },
    data: rows.map(hostOf),
  }),
  refuse: (why, says) => ({ status: STATUS[why], body: { success: false, message: says } }),
};

function hostOf({ address, port, seenAt, certificate, answer }: LabRow): unknown {
  const tls =
    certificate === null
      ? null
      : {
          certificate: {
            subject: { common_name: [certificate.subject] },
            issuer: { common_name: [certificate.issuer] },
            subject_alt_name: { dns_names: certificate.dnsNames },
            extensions: { subject_alt_name: { ip_address: certificate.ipAddresses } },
            fingerprint_sha256: certificate.sha256.toUpperCase(),
          },
        };
  const http =
    answer === null
      ? null
      : {
          status_code: answer.status,
          headers: Object.fromEntries(
            Object.entries(answer.headers).map(([name, value]) => [name.toLowerCase().replaceAll('-', '_'), [value]]),
          ),
        };
  return {
    ip: address,
    services: [
      {
        port,
        protocol: 'tcp',
        tunnel: certificate === null ? '' : 'ssl',
        modules: { ...(tls === null ? {} : { tls }), ...(http === null ? {} : { http }) },
        last_updated_at: seenAt,
      },
    ],
  };
}
