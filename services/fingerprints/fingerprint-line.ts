// One line of evidence judged: NDJSON in, NDJSON out.
import type { Evidence } from '../feeds/evidence.ts';
import { parseEvidence } from '../feeds/read-evidence.ts';
import { judge, weigh } from './match.ts';
import type { Verdict } from './verdict.ts';
import { verdictLine } from './verdict-line.ts';

export interface FingerprintedLine {
  /** The verdict as JSON, without a newline. */
  readonly line: string;
  /** True when the evidence could not be read; the verdict then carries the flag unreadable_evidence. */
  readonly failed: boolean;
}

/** An endpoint that no rule fits: what an unreadable line is judged as. */
const NOTHING: Evidence = { endpoint: { address: '', port: 0 } };

/**
 * Judges a line of evidence (either spelling, see docs/method.md). `now` (RFC 3339) stands in where the evidence has no observedAt. Never
 * throws, whatever the line holds.
 */
export function fingerprintLine(line: string, now: string): FingerprintedLine {
  const read = parseEvidence(line);
  return read.ok
    ? { line: verdictLine(weigh(read.evidence, { now, ignored: read.ignored === true })), failed: false }
    : { line: JSON.stringify(unreadable(read.reason, now)), failed: true };
}

function unreadable(reason: string, now: string): Verdict {
  return { ...judge(NOTHING, { now }), flags: ['unreadable_evidence', reason] };
}
