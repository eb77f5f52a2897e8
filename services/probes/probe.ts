// One polite connection: what goes in, what comes out.
import type { Evidence } from '../feeds/evidence.ts';
import type { Outcome } from './outcome.ts';

/** What is dialled: an address that policy allowed, never a name to resolve again. */
export interface Target {
  /** Canonical IP literal. */
  readonly address: string;
  readonly port: number;
  /** SNI and Host, when a name is known. */
  readonly serverName: string | null;
  readonly transport: 'tls' | 'plain';
  /** At most two absolute paths, asked in this order on one connection. */
  readonly paths: readonly string[];
  /**
   * True for ports that some installations serve without TLS (etcd): only when the handshake ended as it does there (tls_not_tls, or closed or
   * reset), one more connection is made after a pause and asked in plain HTTP. Default false.
   */
  readonly plainFallback?: boolean;
}

export type Phase = 'policy' | 'dns' | 'connect' | 'tls' | 'http' | 'done';

/** How the connection ended on the wire. The final outcome of an observation also needs the verdict (`not_kubernetes` and the k8s_* words). */
export interface ProbeResult {
  /** A wire outcome, or null when at least one whole HTTP answer was read and nothing else went wrong: then the verdict decides. */
  readonly outcome: Outcome | null;
  readonly phase: Phase;
  /** TLS alert number when one was received, else null. */
  readonly alert: number | null;
  /** An OpenSSL, system or parser code for people, e.g. ECONNRESET; null when nothing failed. */
  readonly detail: string | null;
  /** Milliseconds per phase, measured with the monotonic clock. */
  readonly ms: {
    readonly connect: number | null;
    readonly tls: number | null;
    readonly http: number | null;
    readonly total: number;
  };
  readonly bytesIn: number;
  readonly evidence: Evidence;
}

/** The limits of one probe. Times in milliseconds, sizes in bytes. */
export interface ProbeLimits {
  readonly connectMs: number;
  readonly tlsMs: number;
  readonly headersMs: number;
  readonly totalMs: number;
  readonly bodyBytes: number;
  readonly totalBytes: number;
  readonly headerBytes: number;
  readonly interimResponses: number;
}

/** Dials one target. Never throws and never rejects; resolves within limits.totalMs + 250 ms with the socket destroyed. No retries. */
export type Probe = (target: Target) => Promise<ProbeResult>;
