// The headline of one survey in a terminal: the two indicators, their overlap, and what was recognised.
import type { Kysely } from 'kysely';
import { evidenceAge } from '../observations/evidence-age.store.ts';
import type { DB } from '../platform/db/schema.ts';
import { count } from '../rollups/rollup.store.ts';
import type { SurveyRow } from '../surveys/survey.store.ts';
import { formatRows, type RowFormat } from './rows.ts';

export interface Headline {
  readonly survey: string;
  readonly state: string;
  readonly unit: 'endpoint';
  readonly targets: number;
  readonly certificateName: number;
  readonly versionEndpoint: number;
  readonly both: number;
  readonly onlyCertificateName: number;
  readonly onlyVersionEndpoint: number;
}

/** The two headline counts of a counted survey, in endpoints. */
export async function headlineOf(db: Kysely<DB>, survey: SurveyRow): Promise<Headline> {
  const cells = await count(db, { surveyId: survey.id, by: ['indicator'], where: {}, unit: 'endpoint' });
  const of = (value: string): number => cells.find((cell) => cell.values.indicator === value)?.count ?? 0;
  return {
    survey: survey.id,
    state: survey.state,
    unit: 'endpoint',
    targets: survey.targets,
    certificateName: of('both') + of('certificate-name'),
    versionEndpoint: of('both') + of('version-endpoint'),
    both: of('both'),
    onlyCertificateName: of('certificate-name'),
    onlyVersionEndpoint: of('version-endpoint'),
  };
}

/** The headline as text for people, or as one row. */
export async function headlineText(db: Kysely<DB>, survey: SurveyRow, format: RowFormat): Promise<string> {
  const headline = await headlineOf(db, survey);
  const age = survey.method === 'passive' ? await evidenceAge(db, survey.id) : null;
  if (format !== 'table') {
    const times = age && { evidenceOldest: age.oldest, evidenceMedian: age.median, evidenceNewest: age.newest };
    return formatRows([{ ...headline, ...times }], format);
  }
  const n = new Intl.NumberFormat('en-US');
  const lines = [
    ['endpoints whose certificate carries the Kubernetes names', headline.certificateName],
    ['endpoints that disclose their version on /version', headline.versionEndpoint],
    ['both', headline.both],
    ['certificate names only', headline.onlyCertificateName],
    ['version only', headline.onlyVersionEndpoint],
  ] as const;
  const components = await count(db, { surveyId: survey.id, by: ['component', 'grade'], where: {}, unit: 'endpoint' });
  const rows = components
    .filter((cell) => cell.values.component !== null && cell.values.component !== 'other')
    .map((cell) => ({ component: cell.values.component ?? '', grade: cell.values.grade ?? '', endpoints: cell.count }));
  return [
    `survey ${survey.id} (${survey.state}), ${n.format(survey.targets)} targets`,
    ...(age === null
      ? []
      : [
          `evidence of feeds from ${day(age.oldest)} to ${day(age.newest)}, half of it before ${day(age.median)} or on it`,
        ]),
    '',
    ...lines.map(([label, value]) => `${n.format(value).padStart(11)}  ${label}`),
    '',
    formatRows(rows, 'table'),
  ].join('\n');
}

const day = (date: Date): string => date.toISOString().slice(0, 10);
