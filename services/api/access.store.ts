// From a key as it was presented to what it opens.
import type { Access } from './access.ts';
import type { ApiContext } from './context.ts';
import { useKey } from './keys/api-key.store.ts';
import { readKey } from './keys/api-key.ts';

/** Looks the key up, and notes that it was used. */
export async function accessOfKey(text: string, { db, now }: Pick<ApiContext, 'db' | 'now'>): Promise<Access> {
  const presented = readKey(text);
  const key = presented === null ? 'unknown' : await useKey(db, presented, now());
  return typeof key === 'string' ? { kind: 'refused', why: `The API key is ${key}.` } : { kind: 'key', key };
}
