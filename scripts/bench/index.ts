// The benchmarks by name. Each prints its figures and a ratio against a reference that runs in the same process or beside it.
type Benchmark = (print: (line: string) => void, options: BenchmarkOptions) => Promise<void>;

export interface BenchmarkOptions {
  /** Observations that `answers` makes; null: as many as take some two minutes. */
  readonly observations: number | null;
  /** Candidates that `survey` looks at; null: as many as take some two minutes. */
  readonly candidates: number | null;
  /** A Redis or Valkey in which `survey` keeps its queue the second time; null: none. */
  readonly redisUrl: string | null;
  /** Path of a zgrab2 binary that `probe` is compared with; null: none. */
  readonly zgrab2: string | null;
}

export const BENCHMARKS: Readonly<Record<string, Benchmark>> = {
  probe: async (print, { zgrab2 }) => (await import('./probe.ts')).benchProbe(print, zgrab2),
  'first-flight': async (print) => (await import('./first-flight.ts')).benchFirstFlight(print),
  silent: async (print) => (await import('./silent.ts')).benchSilent(print),
  ingest: async (print) => (await import('./ingest.ts')).benchIngest(print),
  export: async (print) => (await import('./export.ts')).benchExport(print),
  ct: async (print) => (await import('./ct.ts')).benchCt(print),
  backfill: async (print) => (await import('./backfill.ts')).benchBackfill(print),
  plan: async (print) => (await import('./plan.ts')).benchPlan(print),
  fingerprint: async (print) => (await import('./fingerprint.ts')).benchFingerprint(print),
  import: async (print) => (await import('./import.ts')).benchImport(print),
  survey: async (print, options) => (await import('./survey.ts')).benchSurvey(print, options),
  answers: async (print, { observations }) => (await import('./answers.ts')).benchAnswers(print, observations),
};
