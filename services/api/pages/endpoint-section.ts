// What was observed at one endpoint, newest first.
import { code, time, words } from '../../reports/columns.ts';
import { authenticationName, distributionName, supportName } from '../../reports/names.ts';
import { type Section, section } from '../../reports/section.ts';
import type { ObservationRow } from '../endpoint.store.ts';

export function endpointSection(address: string, port: number, rows: readonly ObservationRow[]): Section {
  const [newest] = rows;
  return section('history', `${address} port ${port}`, {
    paragraphs: [
      newest === undefined
        ? ['Nothing was observed there, or its owner asked not to be shown.']
        : [
            { count: rows.length, unit: 'observation' },
            ', newest first. What the newest one recognised: ',
            { strong: newest.component ?? 'nothing' },
            newest.component === null ? '.' : ` (${newest.grade}).`,
          ],
    ],
    tables: [
      {
        id: 'history',
        title: 'Observations',
        columns: [
          time('observed_at', 'Observed'),
          code('survey', 'Survey'),
          words('method', 'Method'),
          words('outcome', 'Outcome'),
          words('component', 'Component'),
          words('grade', 'Recognised'),
          code('version', 'Version'),
          words('distribution', 'Distribution'),
          words('support', 'Upstream support'),
          words('authentication', 'Without credentials it'),
          words('honeypot', 'Honeypot grade'),
          words('flags', 'Flags'),
        ],
        rows: rows.map((row) => [
          row.observedAt.toISOString(),
          row.survey,
          row.evidenceFeed === null ? row.method : `${row.method} (${row.evidenceFeed})`,
          row.outcome,
          row.component,
          row.grade,
          row.version,
          row.distribution === null ? null : distributionName(row.distribution),
          row.support === null ? null : supportName(row.support),
          row.authentication === null ? null : authenticationName(row.authentication),
          row.honeypot,
          row.flags.join(', ') || null,
        ]),
      },
    ],
  });
}
