// One line of evidence judged: NDJSON in, NDJSON out.
import type { Evidence } from '../feeds/evidence.ts';
import { parseEvidence } from '../feeds/read-evidence.ts';
import { parseObject } from './build-info.ts';
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
    : { line: JSON.stringify(unreadable(line, read.reason, now)), failed: true };
}

function unreadable(line: string, reason: string, now: string): Verdict {
  return { ...judge(NOTHING, { now }), id: idOf(line), flags: ['unreadable_evidence', reason] };
}

/** Longer identifiers are left out, as in evidence that can be read. */
const MAX_ID = 1024;

/** What names the line, so that its sender finds it again; null when it has nothing of the kind. */
function idOf(line: string): string | null {
  const row = parseObject(line);
  const id = row?.['id'] ?? row?.['name'];
  return typeof id === 'string' && id.length <= MAX_ID ? id : null;
}
