// An S3-compatible object store: whole objects with checksums, large ones in parts, credentials from nowhere but its settings.
import { type DialGuard, guardedLookup, judgeLiteral } from './net/guard.ts';

export const STORAGE_ENCRYPTION = ['none', 'AES256', 'aws:kms'] as const;

export interface ObjectStorageSettings {
  /** null: Amazon's endpoint of the region. */
  readonly endpoint: string | null;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string | null;
  /** Encryption at rest that the store is asked for. */
  readonly encryption: (typeof STORAGE_ENCRYPTION)[number];
  /** Where no store is. */
  readonly guard: DialGuard;
}

export interface PutObject {
  readonly bucket: string;
  readonly key: string;
  readonly bytes: Uint8Array;
  readonly contentType: string;
  /** Lower-case hex; kept with the object as metadata, since the checksum of an object in parts is not that of its bytes. */
  readonly sha256: string;
}

export interface ObjectStorage {
  /** Puts one object; replaces what is there. The store compares a SHA-256 of what it got, part by part. Rejects with the store's error. */
  readonly put: (object: PutObject) => Promise<void>;
  readonly close: () => void;
}

/** S3's smallest part but the last is 5 MiB; objects below one part are put whole. */
export const PART_BYTES = 8 * 1024 * 1024;
/** Parts on their way at once. */
const PARTS_IN_FLIGHT = 4;
/** Per request; a part that takes longer is a store that is away. */
const REQUEST_MS = 60_000;
const CONNECT_MS = 10_000;
/** Tries of one request; what still fails is the outbox's to repeat. */
const TRIES = 3;

/** The drivers are loaded here and not before: no other command should wait for them. Rejects with NET_DENIED for an endpoint that the guard refuses. */
export async function createObjectStorage(settings: ObjectStorageSettings): Promise<ObjectStorage> {
  if (settings.endpoint !== null) judgeLiteral(settings.guard, new URL(settings.endpoint).hostname);
  const agent = { keepAlive: true, lookup: guardedLookup(settings.guard) };
  const [{ S3Client }, { Upload }] = await Promise.all([import('@aws-sdk/client-s3'), import('@aws-sdk/lib-storage')]);
  const { accessKeyId, secretAccessKey, sessionToken } = settings;
  const client = new S3Client({
    region: settings.region,
    // Other stores seldom have a name per bucket in DNS; the bucket stands in the path there.
    ...(settings.endpoint === null ? {} : { endpoint: settings.endpoint, forcePathStyle: true }),
    credentials: { accessKeyId, secretAccessKey, ...(sessionToken === null ? {} : { sessionToken }) },
    maxAttempts: TRIES,
    requestHandler: {
      requestTimeout: REQUEST_MS,
      connectionTimeout: CONNECT_MS,
      throwOnRequestTimeout: true,
      httpAgent: agent,
      httpsAgent: agent,
    },
    followRegionRedirects: false,
  });
  return {
    put: async ({ bucket, key, bytes, contentType, sha256 }) => {
      const upload = new Upload({
        client,
        partSize: PART_BYTES,
        queueSize: PARTS_IN_FLIGHT,
        params: {
          Bucket: bucket,
          Key: key,
          Body: Buffer.from(bytes),
          ContentType: contentType,
          ChecksumAlgorithm: 'SHA256',
          Metadata: { sha256 },
          ...(settings.encryption === 'none' ? {} : { ServerSideEncryption: settings.encryption }),
        },
      });
      await upload.done();
    },
    close: () => client.destroy(),
  };
}
