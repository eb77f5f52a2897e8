// ZoomEye's form (API v2). Not verified live: refusals, the form of facets, and the print of a certificate.
import { decoded, type LabForm, numberIn } from './form.ts';
import { headOf, type LabRow, printedNames } from './row.ts';

const STATUS = { key: 401, credits: 402, query: 400, rate: 429 } as const;

export const LAB_ZOOMEYE: LabForm = {
  type: 'zoomeye',
  read: ({ path, method, headers, json }) => {
    if (path !== '/v2/search' || method !== 'POST') return null;
    const size = numberIn(json['pagesize'], 10);
    const facets = typeof json['facets'] === 'string' ? json['facets'] : '';
    return {
      call: facets === '' ? 'search' : 'counts',
      key: headers['api-key'],
      query: decoded(json['qbase64']),
      offset: (numberIn(json['page'], 1) - 1) * size,
      size: facets === '' ? size : 0,
      field: facets,
    };
  },
  page: ({ rows, total }) => ({ code: 60000, message: 'success', total, data: rows.map(assetOf) }),
  counts: ({ field, total, buckets }) => ({
    code: 60000,
    message: 'success',
    total,
    data: [],
    facets: { [field]: buckets.map(({ key, count }) => ({ name: key, value: count })) },
  }),
  refuse: (why, says) => ({ status: STATUS[why], body: { code: 50000, message: says } }),
};

function assetOf({ address, port, name, answer, certificate, gitVersion, seenAt }: LabRow): unknown {
  return {
    ip: address,
    port,
    domain: name ?? '',
    protocol: 'tcp',
    service: certificate === null ? 'http' : 'https',
    update_time: seenAt.replace('Z', ''),
    product: gitVersion === null ? '' : 'Kubernetes',
    version: gitVersion ?? '',
    header: answer === null ? '' : headOf(answer),
    ssl:
      certificate === null ? '' : `SSL Certificate\nX509v3 Subject Alternative Name:\n  ${printedNames(certificate)}`,
  };
}
