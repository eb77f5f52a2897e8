// A schedule: what is run when, and where its report goes.

/** What is run: a declared feed, a survey of the configured scope, or a report on the newest survey. */
export type ScheduleSpec = { readonly kind: 'feed'; readonly feed: string } | SurveySpec | ReportSpec;

/** A survey of the configured scope; without vantages, of those that the scheduler's configuration demands. */
export interface SurveySpec {
  readonly kind: 'survey';
  readonly feeds: readonly string[];
  readonly vantages?: readonly string[];
}

/** A report and what its subscribers want of it. Fields that are absent ask for nothing. */
export interface ReportSpec {
  readonly kind: 'report';
  readonly report: string;
  /** Whose networks an owner's report covers. */
  readonly owner?: string;
  /** Only these sections, by id. */
  readonly sections?: readonly string[];
  /** Only endpoints of these countries, as two-letter codes. */
  readonly countries?: readonly string[];
  /** Also when the survey is partial. */
  readonly evenPartial?: true;
}

export interface Schedule {
  readonly id: number;
  readonly name: string;
  readonly spec: ScheduleSpec;
  /** Five or six cron fields, in UTC. */
  readonly cron: string;
  /** Where the report is delivered, e.g. dir:/srv/reports. */
  readonly destinations: readonly string[];
  readonly nextDueAt: Date;
}

/** One claimed occurrence. The claim is permanent: nobody else runs the same fire. */
export interface Fire {
  readonly schedule: Schedule;
  readonly fireAt: Date;
}
