// In which order one endpoint is asked: the full probe alone, a first flight before it, or one behind it. Who dials and when is the caller's.
import type { Evidence } from '../feeds/evidence.ts';
import { lacksAuthorities, speaksOfKubernetes } from '../fingerprints/first-pass.ts';
import type { Outcome } from '../probes/outcome.ts';
import type { ProbeResult, Target } from '../probes/probe.ts';
import type { SurveyPlan } from '../surveys/survey.ts';

/** The two ways to dial. Each waits for its turn; null when policy forbids the endpoint by then. */
export interface Turns {
  readonly probe: () => Promise<ProbeResult | null>;
  readonly firstFlight: () => Promise<ProbeResult | null>;
  /** False when what was seen so far belongs to somebody who asked not to be asked. */
  readonly mayGoOn: (evidence: Evidence) => boolean;
}

/** Said of endpoints that were looked at and, for want of any sign of Kubernetes, not asked. */
export const NOT_ASKED_FLAG = 'first_pass_only';

export interface Interview {
  readonly result: ProbeResult;
  readonly flags: readonly string[];
}

/** Ends of a first flight that a second connection would only repeat: nobody there, or nobody who says a word. */
const FINAL: ReadonlySet<Outcome> = new Set<Outcome>([
  'tcp_refused',
  'tcp_timeout',
  'tcp_unreachable',
  'tls_timeout',
  'blocked_policy',
  'invalid_target',
  'error_ours',
]);

/** Asks one endpoint as the survey's plan says; null when policy forbade it at any turn. Plain ports are always asked. */
export async function interview(
  target: Target,
  { firstPass = 'none', clientCas = false }: Pick<SurveyPlan, 'firstPass' | 'clientCas'>,
  turns: Turns,
): Promise<Interview | null> {
  if (target.transport === 'tls' && firstPass === 'certificate') return flightFirst(target, turns);
  const result = await turns.probe();
  if (result === null || !clientCas) return whole(result);
  // An alert may be how mutual TLS ends under TLS 1.2: certificate and authorities were said before it.
  if (result.outcome !== 'tls_alert' && !lacksAuthorities(result.evidence)) return whole(result);
  if (!turns.mayGoOn(result.evidence)) return whole(result);
  const flight = await turns.firstFlight();
  return flight === null ? null : whole(together(result, flight));
}

async function flightFirst(target: Target, turns: Turns): Promise<Interview | null> {
  const flight = await turns.firstFlight();
  if (flight === null || isFinal(flight, target) || !turns.mayGoOn(flight.evidence)) return whole(flight);
  if (flight.outcome === null && !speaksOfKubernetes(flight.evidence))
    return { result: flight, flags: [NOT_ASKED_FLAG] };
  const result = await turns.probe();
  return result === null ? null : whole(together(result, flight));
}

const whole = (result: ProbeResult | null): Interview | null => (result === null ? null : { result, flags: [] });

/** A port that speaks, but not TLS, is asked once more only where plain HTTP is worth a try. */
function isFinal({ outcome }: ProbeResult, target: Target): boolean {
  if (outcome === null) return false;
  return FINAL.has(outcome) || (outcome === 'tls_not_tls' && target.plainFallback !== true);
}

/** The full probe's result with what the flight adds; times are the full probe's, bytes those of both. */
function together(result: ProbeResult, flight: ProbeResult): ProbeResult {
  return {
    ...result,
    bytesIn: result.bytesIn + flight.bytesIn,
    evidence: withFirstFlight(result.evidence, flight.evidence),
  };
}

/** Evidence of the full probe with that of the flight beside it (`tls12`); its certificate counts where the full probe read none. */
export function withFirstFlight(evidence: Evidence, flight: Evidence): Evidence {
  if (flight.tls === undefined || evidence.transport === 'plain') return evidence;
  return {
    ...evidence,
    tls: evidence.tls ?? flight.tls,
    acceptableClientCAs: evidence.acceptableClientCAs ?? flight.acceptableClientCAs ?? null,
    tls12: { ...evidence.tls12, ...flight.tls },
  };
}
