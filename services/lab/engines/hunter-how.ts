// hunter.how's form. Not verified live: codes of refusals.
import { decoded, type LabForm, numberIn } from './form.ts';

const CODES = { key: 401, credits: 40204, query: 400, rate: 429 } as const;

export const LAB_HUNTER_HOW: LabForm = {
  type: 'hunterhow',
  read: ({ path, search }) => {
    const dated = [search['start_time'], search['end_time']].every((day) => /^\d{4}-\d\d-\d\d$/.test(day ?? ''));
    if (path !== '/search' || !dated) return null;
    const size = numberIn(search['page_size'], 10);
    return {
      call: 'search',
      key: search['api-key'],
      query: decoded(search['query']),
      offset: (numberIn(search['page'], 1) - 1) * size,
      size,
      field: '',
    };
  },
  page: ({ rows, total }) => ({
    code: 200,
    message: 'success',
    data: { total, list: rows.map(({ address, port, name }) => ({ ip: address, port, domain: name ?? '' })) },
  }),
  refuse: (why, says) => ({ status: 200, body: { code: CODES[why], message: says, data: {} } }),
};
