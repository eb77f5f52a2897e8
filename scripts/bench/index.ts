// The benchmarks by name. Each prints its figures and a ratio against a reference that runs in the same process or beside it.
type Benchmark = (print: (line: string) => void, options: BenchmarkOptions) => Promise<void>;

export interface BenchmarkOptions {
  /** Observations that `answers` makes; null: as many as take some two minutes. */
  readonly observations: number | null;
}

export const BENCHMARKS: Readonly<Record<string, Benchmark>> = {
  probe: async (print) => (await import('./probe.ts')).benchProbe(print),
  'first-flight': async (print) => (await import('./first-flight.ts')).benchFirstFlight(print),
  silent: async (print) => (await import('./silent.ts')).benchSilent(print),
  ingest: async (print) => (await import('./ingest.ts')).benchIngest(print),
  export: async (print) => (await import('./export.ts')).benchExport(print),
  ct: async (print) => (await import('./ct.ts')).benchCt(print),
  backfill: async (print) => (await import('./backfill.ts')).benchBackfill(print),
  plan: async (print) => (await import('./plan.ts')).benchPlan(print),
  fingerprint: async (print) => (await import('./fingerprint.ts')).benchFingerprint(print),
  import: async (print) => (await import('./import.ts')).benchImport(print),
  answers: async (print, { observations }) => (await import('./answers.ts')).benchAnswers(print, observations),
};
