// What a delivery is given and what it says afterwards. Failures are values: the outbox keeps them and decides what comes next.

import type { ReportFiles } from '../report-files.ts';
import type { Report } from '../section.ts';

/** A report on its way to one destination. */
export interface Parcel {
  /** The same for every attempt; see destination.ts. */
  readonly id: string;
  readonly files: ReportFiles;
  /** Every file with its bytes, checked against the manifest. */
  readonly contents: ReadonlyMap<string, Uint8Array>;
  readonly report: Report;
  readonly manifest: Readonly<Record<string, unknown>>;
  /** The schedule that it comes from, where one is left. */
  readonly schedule: string | null;
  readonly sentAt: Date;
}

/**
 * How an attempt ended. `failed` is tried again, `refused` would be refused for ever, `gone` also ends what would come after it. `detail` is one line for the operator.
 * `retryAfterMs`: what the receiver asks for before the next attempt.
 */
export type AttemptEnd =
  | { readonly result: 'delivered'; readonly detail: string }
  | { readonly result: 'failed'; readonly detail: string; readonly retryAfterMs?: number }
  | { readonly result: 'refused' | 'gone'; readonly detail: string };

/** An HTTP POST that follows nothing, reads a bounded reply, and connects only where policy lets it. Rejects when there is no reply. */
export type Post = (request: {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}) => Promise<{ readonly status: number; readonly headers: Readonly<Record<string, string>> }>;

/** A message as platform/mailer.ts sends it; the shape stands here because platform knows no stage. */
export interface MailMessage {
  readonly from: string;
  readonly to: string;
  readonly subject: string;
  readonly messageId: string;
  readonly date: Date;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  readonly html: string;
  readonly attachments: readonly MailAttachment[];
}

export interface MailAttachment {
  readonly filename: string;
  readonly contentType: string;
  readonly content: Uint8Array;
  /** Set for pictures that the HTML part shows. */
  readonly cid?: string;
}

export interface MailSettings {
  readonly from: string;
  /** Who reads unsubscriptions by mail. */
  readonly unsubscribeMail: string;
}

/** What deliveries leave by. A means that is not configured is null, and its deliveries fail with what is missing. */
export interface Means {
  readonly mail: {
    readonly settings: MailSettings;
    /** What takes an unsubscription of this recipient from this schedule. null: by mail only. */
    readonly unsubscribeUrl: (schedule: string, recipient: string) => Promise<string | null>;
    /** Rejects with an Error whose `responseCode` is the relay's SMTP code, where there is one. Resolves with the relay's answer. */
    readonly send: (message: MailMessage) => Promise<string>;
    /** A picture as PNG, or null where none can be made. */
    readonly pictureOf: (svg: string, width: number) => Promise<Uint8Array | null>;
  } | null;
  readonly webhook: {
    readonly post: Post;
    /** The text of a variable of secrets, or null. */
    readonly secret: (variable: string) => string | null;
    /** Hosts that may be private and may be spoken to without TLS. */
    readonly allowedHosts: readonly string[];
  };
  /** Puts one object, whole or not at all. Rejects with an Error, also when no credentials are set. */
  readonly storage: (object: StoredObject) => Promise<void>;
  /** Where stored reports can be read by those who get them: the address of a report's directory is this, a slash, and its id. null: nowhere. */
  readonly reportsUrl: string | null;
}

export interface StoredObject {
  readonly bucket: string;
  readonly key: string;
  readonly bytes: Uint8Array;
  readonly contentType: string;
  /** Lower-case hex. */
  readonly sha256: string;
}

/** Where a report can be read, or null. */
export function reportUrl(means: Pick<Means, 'reportsUrl'>, id: string): string | null {
  return means.reportsUrl === null ? null : `${means.reportsUrl.replace(/\/+$/, '')}/${encodeURIComponent(id)}/`;
}

/** Whether the survey behind a report misses something; says its manifest. */
export function isPartialManifest(manifest: Readonly<Record<string, unknown>>): boolean {
  return (manifest['survey'] as { partial?: unknown } | undefined)?.partial === true;
}

/** Whether the headline of the survey behind a report jumped; says its manifest. */
export function hasJumpedManifest(manifest: Readonly<Record<string, unknown>>): boolean {
  const flags = (manifest['survey'] as { flags?: unknown } | undefined)?.flags;
  return Array.isArray(flags) && flags.includes('headline_jump');
}
