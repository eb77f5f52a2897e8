// Shodan's form. Not verified live: the texts of errors and the status for an account without credits.
import { type LabForm, numberIn } from './form.ts';
import { headOf, type LabRow } from './row.ts';

const STATUS = { key: 401, credits: 401, query: 400, rate: 429 } as const;
const SAYS = {
  key: 'Access denied',
  credits: 'Insufficient query credits',
  query: 'Invalid search query',
  rate: 'Request rate limit reached',
};

export const LAB_SHODAN: LabForm = {
  type: 'shodan',
  read: ({ path, search }) => {
    const call = path === '/shodan/host/search' ? 'search' : path === '/shodan/host/count' ? 'count' : null;
    if (call === null) return null;
    const [field = '', buckets] = (search['facets'] ?? '').split(':');
    const size = 100;
    return {
      call: call === 'count' && field !== '' ? 'counts' : call,
      key: search['key'],
      query: search['query'] ?? '',
      offset: (numberIn(search['page'], 1) - 1) * size,
      size: call === 'search' ? size : numberIn(buckets, 10),
      field,
    };
  },
  page: ({ rows, total }) => ({ matches: rows.map(bannerOf), total }),
  count: (total) => ({ matches: [], total }),
  counts: ({ field, total, buckets }) => ({
    matches: [],
    total,
    facets: { [field]: buckets.map(({ key, count }) => ({ value: key, count })) },
  }),
  refuse: (why, says) => ({ status: STATUS[why], body: { error: `${SAYS[why]}: ${says}` } }),
};

/** The certificate's names are in the chain; the extension that has them, too, is Python's print of DER and left out here. */
function bannerOf(row: LabRow): unknown {
  const { certificate, answer } = row;
  return {
    ip_str: row.address,
    port: row.port,
    transport: 'tcp',
    timestamp: `${row.seenAt.replace('Z', '')}.123456`,
    hostnames: row.name === null ? [] : [row.name],
    product: row.gitVersion === null ? undefined : 'Kubernetes',
    version: row.gitVersion?.replace(/^v/, ''),
    data: answer === null ? '' : headOf(answer),
    ...(answer === null ? {} : { http: { status: answer.status, html: answer.body, location: answer.path } }),
    ...(certificate === null
      ? {}
      : {
          ssl: {
            cipher: { version: 'TLSv1.3', name: 'TLS_AES_128_GCM_SHA256' },
            chain: certificate.pem === undefined ? [] : [certificate.pem],
            cert: {
              subject: { CN: certificate.subject },
              issuer: { CN: certificate.issuer },
              fingerprint: { sha256: certificate.sha256 },
            },
          },
        }),
    _shodan: { module: 'https', options: {} },
  };
}
