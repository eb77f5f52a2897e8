// Everything that pages show of one survey, read once and kept for a minute: whole for those with a key, as published for all others.
import { once } from '../../platform/lazy.ts';
import type { FeedsData } from '../../reports/feeds-data.ts';
import type { HeadlineData } from '../../reports/headline-data.ts';
import type { Html } from '../../reports/html-template.ts';
import { publicData, publicSeries } from '../../reports/public-data.ts';
import { readFeedsData, readHeadlineData } from '../../reports/report.store.ts';
import { countedSurvey, countedSurveys } from '../../rollups/counted-survey.store.ts';
import type { CountedSurvey } from '../../rollups/counted-survey.ts';
import { type SeriesPoint, surveySeries } from '../../rollups/series.store.ts';
import type { ApiContext } from '../context.ts';

export interface DashboardData {
  readonly survey: HeadlineData;
  /** null where only what is published is shown: which feeds alone have an endpoint says too much of few. Read when it is asked for. */
  readonly feeds: () => Promise<FeedsData | null>;
  readonly series: readonly SeriesPoint[];
  /** Nothing is held back. */
  readonly isWhole: boolean;
  /** Newest first. */
  readonly surveys: readonly CountedSurvey[];
  /** What was drawn of this data under a key, drawn once: charts, and forms that list values by their size, cost a page most of its time. */
  readonly drawn: (key: string, draw: () => Promise<Html>) => Promise<Html>;
}

/** Runs of feeds and tallies go on while a survey stands; pages are this old at most. */
const FRESH_MS = 60_000;
/** Surveys kept at once, each whole and as published. */
const KEPT = 16;
/** Surveys that a page can choose from. */
const LISTED = 500;

/** Bodies and forms of pages that are kept of one survey: all pages, and what is explored most. */
const DRAWN = 200;

type Context = Pick<ApiContext, 'db' | 'now' | 'codeVersion' | 'geo' | 'publicView'>;

export class DashboardReader {
  readonly #context: Context;
  readonly #kept = new Map<string, { readonly until: number; readonly data: Promise<DashboardData> }>();

  constructor(context: Context) {
    this.#context = context;
  }

  /** The survey of this id, or the newest counted one. `whole`: nothing is held back. Throws KC_NO_SURVEY. */
  async read(named: string | null, whole: boolean): Promise<DashboardData> {
    const survey = await countedSurvey(this.#context.db, named);
    const key = `${whole} ${survey.id} ${survey.rolledUpAt?.toISOString()}`;
    const now = this.#context.now().getTime();
    const kept = this.#kept.get(key);
    if (kept !== undefined && kept.until > now) return kept.data;
    const data = this.#make(survey, whole);
    this.#kept.delete(key);
    this.#kept.set(key, { until: now + FRESH_MS, data });
    data.catch(() => this.#kept.delete(key));
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > KEPT && oldest !== undefined) this.#kept.delete(oldest);
    return data;
  }

  async #make(survey: CountedSurvey, whole: boolean): Promise<DashboardData> {
    const { db, now, codeVersion, geo: openGeo, publicView } = this.#context;
    const geo = await openGeo();
    const request = {
      surveyId: survey.id,
      compareId: null,
      owner: null,
      generatedAt: now().toISOString(),
      codeVersion,
      geo: geo.sources,
      networkName: (address: string) => geo.lookup(address).organisation,
    };
    const data = await readHeadlineData(db, request);
    return {
      survey: whole ? data : publicData(data, await publicView.judge(survey)),
      feeds: whole ? once(() => readFeedsData(db, request)) : async () => null,
      series: whole ? await surveySeries(db) : publicSeries(await surveySeries(db), publicView.k),
      isWhole: whole,
      surveys: await countedSurveys(db, null, LISTED),
      drawn: keepDrawn(),
    };
  }
}

function keepDrawn(): DashboardData['drawn'] {
  const kept = new Map<string, Promise<Html>>();
  return (key, draw) => {
    const known = kept.get(key);
    if (known !== undefined) return known;
    const drawing = draw();
    kept.set(key, drawing);
    drawing.catch(() => kept.delete(key));
    const [oldest] = kept.keys();
    if (kept.size > DRAWN && oldest !== undefined) kept.delete(oldest);
    return drawing;
  };
}
