// Reads what the estimates of a sampled or stopped survey are made from: its endpoints by network.
import { type Kysely, sql } from 'kysely';
import type { DB } from '../platform/db/schema.ts';
import { type NetworkSample, type SampleEstimate, sampleEstimate } from './sample-estimate.ts';
import { NETWORK } from './suspect.store.ts';

/** The probability of a survey's sample; null for a survey of everything, of which a sample of probability 1 is one. */
export const drawnShare = ({ sample }: { readonly sample: number | null }): number | null =>
  sample === null || sample >= 1 ? null : sample;

/**
 * The estimates of a survey that drew a sample or was stopped; null for one that looked at everything, which has no sampling error. A survey that
 * was stopped keeps its shares only: how much of its sample it has seen is no probability. The survey must exist. Reads only.
 */
export async function countSampling(db: Kysely<DB>, surveyId: string): Promise<SampleEstimate | null> {
  const survey = await db
    .selectFrom('survey')
    .select(['seed', 'sample', 'state'])
    .where('id', '=', surveyId)
    .executeTakeFirstOrThrow();
  const share = drawnShare(survey);
  if (share === null && survey.state !== 'stopped') return null;
  const { rows } = await sql<Record<keyof NetworkSample, string>>`
    select count(*) as observed, count(*) filter (where certificate_name) as "certificateName", count(*) filter (where version_endpoint) as "versionEndpoint",
      count(*) filter (where certificate_name and version_endpoint) as both
    from observation o where survey_id = ${surveyId} and not superseded
    group by coalesce(${NETWORK}, o.host) order by coalesce(${NETWORK}, o.host) collate "C"
  `.execute(db);
  const networks = rows.map(
    (row): NetworkSample => ({
      observed: Number(row.observed),
      certificateName: Number(row.certificateName),
      versionEndpoint: Number(row.versionEndpoint),
      both: Number(row.both),
    }),
  );
  return sampleEstimate(networks, { seed: survey.seed, probability: survey.state === 'complete' ? share : null });
}
