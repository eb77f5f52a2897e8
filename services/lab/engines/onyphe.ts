// ONYPHE's form. Not verified live: codes of refusals.
import { type LabForm, numberIn } from './form.ts';
import { headOf, type LabRow } from './row.ts';

const ROWS = 10_000;
const ERRORS = { key: 2, credits: 5, query: 4, rate: 6 } as const;

export const LAB_ONYPHE: LabForm = {
  type: 'onyphe',
  read: ({ path, headers, search }) => {
    if (path !== '/api/v2/search/') return null;
    const size = numberIn(search['size'], 10);
    return {
      call: 'search',
      key: headers['authorization']?.replace(/^bearer /i, ''),
      query: search['q'] ?? '',
      offset: (numberIn(search['page'], 1) - 1) * size,
      size,
      field: '',
    };
  },
  page: ({ rows, total, offset, size }) => ({
    count: rows.length,
    error: 0,
    max_page: Math.ceil(Math.min(total, ROWS) / size),
    page: String(offset / size + 1),
    page_size: size,
    results: rows.map(scanOf),
    status: 'ok',
    text: 'Success',
    total,
  }),
  refuse: (why, says) => ({
    status: why === 'rate' ? 429 : 200,
    body: { error: ERRORS[why], status: 'nok', text: says },
  }),
};

function scanOf({ address, port, seenAt, certificate, answer }: LabRow): unknown {
  return {
    '@category': 'datascan',
    '@timestamp': seenAt,
    ip: address,
    port,
    transport: 'tcp',
    tls: String(certificate !== null),
    url: answer?.path ?? '/',
    cpe: '<enterprise field>: cpe',
    data: answer === null ? '<enterprise field>: data' : `${headOf(answer)}${answer.body}`,
    ...(certificate === null
      ? {}
      : {
          subject: {
            altname: [...certificate.dnsNames, ...certificate.ipAddresses],
            commonname: certificate.subject,
          },
          issuer: { commonname: certificate.issuer },
          fingerprint: { sha256: certificate.sha256 },
          validity: { notbefore: certificate.notBefore, notafter: certificate.notAfter },
        }),
  };
}
