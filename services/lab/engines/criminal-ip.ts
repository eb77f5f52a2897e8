// Criminal IP's form: tens of rows, and a limit of the offset. Not verified live: statuses of refusals.
import { type LabForm, numberIn } from './form.ts';
import type { LabRow } from './row.ts';

const SIZE = 10;
const STATUS = { key: 401, credits: 403, query: 400, rate: 429 } as const;
const SAYS = { key: 'Invalid api key', credits: 'limit exceeded', query: 'bad query', rate: 'too many' };

export const LAB_CRIMINAL_IP: LabForm = {
  type: 'criminalip',
  read: ({ path, headers, search }) =>
    path === '/v1/banner/search'
      ? {
          call: 'search',
          key: headers['x-api-key'],
          query: search['query'] ?? '',
          offset: numberIn(search['offset'], 0),
          size: SIZE,
          field: '',
        }
      : null,
  page: ({ rows, total }) => ({ status: 200, message: 'Success', data: { count: total, result: rows.map(bannerOf) } }),
  // The status that is meant stands in the reply; HTTP says 200.
  refuse: (why, says) => ({ status: 200, body: { status: STATUS[why], message: `${SAYS[why]}: ${says}`, data: {} } }),
};

function bannerOf({ address, port, name, seenAt, certificate, answer, gitVersion }: LabRow): unknown {
  return {
    ip_address: address,
    open_port_no: port,
    hostname: name,
    socket_type: 'TCP',
    scan_dtime: seenAt.replace('T', ' ').replace('Z', ''),
    status_code: answer?.status ?? 0,
    banner: answer === null ? '' : `HTTP/1.1\nStatus: ${answer.status}`,
    product: gitVersion === null ? '' : 'kubernetes',
    product_version: gitVersion ?? '',
    ssl_subject_common_name: certificate?.subject ?? null,
    ssl_issuer_organization: certificate?.issuer ?? null,
  };
}
