// NDJSON evidence in, NDJSON verdicts out: one line for one line, in the same order.
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
 * Judges lines of evidence (either spelling, see docs/method.md). Lazy: reads a line when its verdict is asked for, holds one line.
 * `now` (RFC 3339) stands in where the evidence has no observedAt. Never throws for a line's content; what `lines` throws passes through.
 */
export async function* fingerprintLines(lines: AsyncIterable<string>, now: string): AsyncIterable<FingerprintedLine> {
  for await (const line of lines) {
    const read = parseEvidence(line);
    yield read.ok
      ? { line: verdictLine(weigh(read.evidence, { now })), failed: false }
      : { line: JSON.stringify(unreadable(read.reason, now)), failed: true };
  }
}

function unreadable(reason: string, now: string): Verdict {
  return { ...judge(NOTHING, { now }), flags: ['unreadable_evidence', reason] };
}
