// Every rung of the ladder. Indicators of a verdict have one key per rung, in this order.
import type { AnswerFacts } from '../answer-facts.ts';
import type { Rung } from '../rung.ts';
import { AUTHORITY_RUNGS } from './authority-rungs.ts';
import { CERTIFICATE_RUNGS } from './certificate-rungs.ts';
import { HEADER_RUNGS } from './header-rungs.ts';
import { HEALTH_RUNGS } from './health-rungs.ts';
import { PAGE_RUNGS } from './page-rungs.ts';
import { REFUSAL_RUNGS } from './refusal-rungs.ts';
import { TRANSPORT_RUNGS } from './transport-rungs.ts';
import { VERSION_RUNGS } from './version-rungs.ts';

const LADDER = [
  ...CERTIFICATE_RUNGS,
  ...AUTHORITY_RUNGS,
  ...VERSION_RUNGS,
  ...REFUSAL_RUNGS,
  ...HEADER_RUNGS,
  ...HEALTH_RUNGS,
  ...TRANSPORT_RUNGS,
  ...PAGE_RUNGS,
] as const;

export type RungName = (typeof LADDER)[number]['name'];
/** What each rung said about one endpoint. */
export type Indicators = { readonly [name in RungName]: boolean | null };

export const RUNGS: readonly (Rung & { readonly name: RungName })[] = LADDER;

/** Those that look at the answers alone, and the others. */
export const ANSWER_RUNGS: readonly Rung<AnswerFacts>[] = [
  ...VERSION_RUNGS,
  ...REFUSAL_RUNGS,
  ...HEADER_RUNGS,
  ...HEALTH_RUNGS,
  ...PAGE_RUNGS,
];
export const ENDPOINT_RUNGS: readonly Rung[] = [...CERTIFICATE_RUNGS, ...AUTHORITY_RUNGS, ...TRANSPORT_RUNGS];
