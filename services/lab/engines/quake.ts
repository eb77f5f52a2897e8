// Quake's form: `code` is 0 or says what is wrong. Not verified live: codes of refusals and the print of a certificate.
import { type LabForm, numberIn } from './form.ts';
import { headOf, type LabRow, printedNames } from './row.ts';

const CODES = { key: 'u3000', credits: 'u3011', query: 'q2001', rate: 'q3005' } as const;

export const LAB_QUAKE: LabForm = {
  type: 'quake',
  read: ({ path, method, headers, json }) => {
    const call = path.endsWith('/search/quake_service')
      ? 'search'
      : path.endsWith('/aggregation/quake_service')
        ? 'counts'
        : null;
    if (call === null || method !== 'POST') return null;
    const [field] = Array.isArray(json['aggregation_list']) ? json['aggregation_list'] : [''];
    return {
      call,
      key: headers['x-quaketoken'],
      query: String(json['query'] ?? ''),
      offset: numberIn(json['start'], 0),
      size: numberIn(json['size'], 10),
      field: String(field),
    };
  },
  page: ({ rows, total, offset, size }) => ({
    code: 0,
    message: 'Successful.',
    data: rows.map(serviceOf),
    meta: { pagination: { count: rows.length, page_index: offset / size + 1, page_size: size, total } },
  }),
  counts: ({ field, buckets }) => ({
    code: 0,
    message: 'Successful.',
    data: { [field]: buckets.map(({ key, count }) => ({ key, doc_count: count })) },
    meta: {},
  }),
  refuse: (why, says) => ({
    status: why === 'key' ? 401 : 200,
    body: { code: CODES[why], message: why === 'key' ? `token: ${says}` : says, data: {}, meta: {} },
  }),
};

function serviceOf({ address, port, name, seenAt, certificate, answer }: LabRow): unknown {
  return {
    ip: address,
    port,
    hostname: name ?? '',
    transport: 'tcp',
    time: seenAt.replace('Z', '.000Z'),
    service: {
      name: certificate === null ? 'http' : 'http/ssl',
      ...(certificate === null ? {} : { cert: `X509v3 Subject Alternative Name:\n  ${printedNames(certificate)}` }),
      ...(answer === null
        ? {}
        : {
            http: {
              path: answer.path,
              status_code: answer.status,
              response_headers: headOf(answer),
              body: answer.body,
            },
          }),
    },
  };
}
