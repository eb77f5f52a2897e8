// Where a report goes, as text and as parts: dir:PATH, mailto:ADDRESS, webhook:URL, s3://BUCKET/PREFIX.
import { createHash } from 'node:crypto';
import { resolve } from 'node:path';

export type Destination =
  | { readonly kind: 'dir'; readonly path: string }
  /** One recipient each, so that a refusal of one says nothing of the others, and nobody reads who else gets it. */
  | { readonly kind: 'mailto'; readonly address: string }
  /** `secrets` names the environment variable that holds the signing secrets. */
  | { readonly kind: 'webhook'; readonly url: string; readonly secrets: string }
  | { readonly kind: 's3'; readonly bucket: string; readonly prefix: string };

/** What can be written, for messages and --help. */
export const DESTINATION_FORMS = ['dir:PATH', 'mailto:ADDRESS', 'webhook:URL', 's3://BUCKET/PREFIX'] as const;

/** The variable of a webhook that names none; `webhook:https://…#acme` signs with NAME_ACME instead, so that receivers share no secret. */
export const WEBHOOK_SECRETS = 'KUBECENSUS_WEBHOOK_SECRETS';

/** The addr-spec of RFC 5321 as far as relays take it: no quotes, no comments, no control characters. 254 letters at most. */
const ADDRESS = /^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])?$/;
/** Bucket names of S3: 3 to 63 lower-case letters, digits, dots and hyphens. */
const BUCKET = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;
/** Characters of keys that every store and every tool takes. */
const PREFIX = /^(?!(?:.*\/)?\.{1,2}(?:\/|$))(?:[A-Za-z0-9._=-]+\/)*(?:[A-Za-z0-9._=-]+)?$/;
const SECRETS_SUFFIX = /^[A-Za-z][A-Za-z0-9_-]{0,31}$/;

/** The parts of a destination, or null when it is none. A URL holds neither user nor password: it is stored and shown. */
export function readDestination(text: string): Destination | null {
  const [, kind, place = ''] = /^(dir|mailto|webhook|s3):(.*)$/s.exec(text) ?? [];
  switch (kind) {
    case 'dir':
      return place === '' ? null : { kind, path: place };
    case 'mailto':
      return ADDRESS.test(place) && place.length <= 254 ? { kind, address: place } : null;
    case 'webhook':
      return webhookOf(place);
    case 's3':
      return storageOf(place);
    default:
      return null;
  }
}

function webhookOf(place: string): Destination | null {
  const url = URL.parse(place);
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) return null;
  if (url.username !== '' || url.password !== '') return null;
  const suffix = url.hash.slice(1);
  if (suffix !== '' && !SECRETS_SUFFIX.test(suffix)) return null;
  url.hash = '';
  const variable = suffix === '' ? WEBHOOK_SECRETS : `${WEBHOOK_SECRETS}_${suffix.toUpperCase().replaceAll('-', '_')}`;
  return { kind: 'webhook', url: url.href, secrets: variable };
}

function storageOf(place: string): Destination | null {
  const [, bucket = '', rest = ''] = /^\/\/([^/]+)(?:\/(.*))?$/.exec(place) ?? [];
  const prefix = rest.replace(/\/+$/, '');
  return BUCKET.test(bucket) && PREFIX.test(prefix) ? { kind: 's3', bucket, prefix } : null;
}

/**
 * The destinations that a user names, each in one spelling: a list of recipients becomes one destination each, a directory is absolute,
 * so that it means the same wherever the service runs. What is none of the forms comes back in `unknown`.
 */
export function listDestinations(named: readonly string[]): {
  readonly destinations: string[];
  readonly unknown: string[];
} {
  const texts = named.flatMap((text) =>
    text.startsWith('mailto:')
      ? text
          .slice('mailto:'.length)
          .split(',')
          .map((address) => `mailto:${address.trim()}`)
      : [text],
  );
  const absolute = texts.map((text) => (/^dir:./.test(text) ? `dir:${resolve(text.slice('dir:'.length))}` : text));
  return {
    destinations: [...new Set(absolute.filter((text) => readDestination(text) !== null))],
    unknown: absolute.filter((text) => readDestination(text) === null),
  };
}

/** The id of a delivery: the same for every attempt, so that receivers can tell a repetition from news. Letters, digits, dots and hyphens. */
export function deliveryId(reportId: string, destination: string): string {
  const place = createHash('sha256').update(destination).digest('hex').slice(0, 12);
  return `${reportId.replaceAll(/[^A-Za-z0-9.-]/g, '-')}.${place}`;
}
