// Delivers a report to a URL: one signed POST, 2xx is success, 410 ends the subscription, nothing is followed.
import { type AttemptEnd, isPartialManifest, type Means, type Parcel, reportUrl } from './delivery.ts';
import { readSecrets, signedHeaders } from './webhook-signature.ts';

/** The whole report is sent where the body stays below this, else what it is and where it lies: receivers read bodies into memory. */
const MAX_BODY_BYTES = 1024 * 1024;
/** A receiver that asks for more patience than this does not get it. */
const MAX_RETRY_AFTER_S = 24 * 3600;

/** Sends one attempt. Never throws. */
export async function deliverToWebhook(
  parcel: Parcel,
  place: { readonly url: string; readonly secrets: string },
  means: Means,
): Promise<AttemptEnd> {
  const secrets = readSecrets(means.webhook.secret(place.secrets) ?? '');
  if (secrets === null)
    return failed(`${place.secrets} should hold one or more secrets of 24 to 64 bytes as whsec_BASE64, newest first`);
  const { protocol, hostname } = new URL(place.url);
  if (protocol === 'http:' && !means.webhook.allowedHosts.includes(hostname.replace(/^\[|\]$/g, '')))
    return failed(`${hostname} is spoken to without TLS only when webhook.allowHosts names it`);
  const body = bodyOf(parcel, means);
  const headers = {
    'content-type': 'application/json',
    ...signedHeaders({ id: parcel.id, body, at: parcel.sentAt }, secrets),
  };
  try {
    return endOf(await means.webhook.post({ url: place.url, headers, body }), parcel.sentAt);
  } catch (error) {
    return failed((error as Error).message);
  }
}

const failed = (detail: string): AttemptEnd => ({ result: 'failed', detail });

function endOf(
  reply: { readonly status: number; readonly headers: Readonly<Record<string, string>> },
  at: Date,
): AttemptEnd {
  const detail = `HTTP ${reply.status}`;
  if (reply.status >= 200 && reply.status < 300) return { result: 'delivered', detail };
  if (reply.status === 410) return { result: 'gone', detail: `${detail}: the receiver wants no more` };
  const retryAfterMs = readRetryAfter(reply.headers['retry-after'], at);
  if (reply.status >= 300 && reply.status < 400) return failed(`${detail}: redirects are not followed`);
  return retryAfterMs === null ? failed(detail) : { result: 'failed', detail, retryAfterMs };
}

/** Seconds or an HTTP date (RFC 9110, 10.2.3), in milliseconds from `at`; null when there is none. */
function readRetryAfter(text: string | undefined, at: Date): number | null {
  if (text === undefined) return null;
  const seconds = /^\d+$/.test(text) ? Number(text) : (Date.parse(text) - at.getTime()) / 1000;
  return Number.isFinite(seconds) && seconds > 0 ? Math.min(seconds, MAX_RETRY_AFTER_S) * 1000 : null;
}

/** The body of every attempt is the same: it says nothing of the attempt. */
function bodyOf({ files, report, manifest, schedule }: Parcel, means: Means): string {
  const survey = manifest['survey'] as { id?: unknown } | undefined;
  const data = {
    id: files.id,
    name: files.name,
    title: report.title,
    subtitle: report.subtitle,
    schedule,
    survey: survey?.id ?? null,
    partial: isPartialManifest(manifest),
    counts: manifest['counts'] ?? [],
    url: reportUrl(means, files.id),
    files: files.files,
    report: null as unknown,
  };
  const message = { type: 'report.created', timestamp: report.generatedAt, data };
  const whole = JSON.stringify({ ...message, data: { ...data, report } });
  return Buffer.byteLength(whole) <= MAX_BODY_BYTES ? whole : JSON.stringify(message);
}
