// Values that are made when they are first needed.
import { performance } from 'node:perf_hooks';

/** Calls `make` at the first use only; a failed first use is tried again by the next. */
export function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | null = null;
  return () => {
    made ??= make().catch((error: unknown) => {
      made = null;
      throw error;
    });
    return made;
  };
}

/** Reads again when the last reading is older than `ms` milliseconds or failed. */
export function fresh<T>(read: () => Promise<T>, ms: number): () => Promise<T> {
  let value: Promise<T> | null = null;
  let readAt = 0;
  return () => {
    if (value === null || performance.now() - readAt > ms) {
      readAt = performance.now();
      value = read();
      value.catch(() => {
        value = null;
      });
    }
    return value;
  };
}

/**
 * For those who cannot wait: the last reading, which is read again behind their back when it is older than `ms` milliseconds. Throws what the
 * last reading threw: nobody goes on with something old because there is nothing new.
 */
export async function kept<T>(read: () => Promise<T>, ms: number): Promise<() => T> {
  let last: { readonly value: T } | { readonly error: unknown } = { value: await read() };
  let readAt = performance.now();
  let isReading = false;
  const again = async (): Promise<void> => {
    isReading = true;
    last = await read().then(
      (value) => ({ value }),
      (error: unknown) => ({ error }),
    );
    readAt = performance.now();
    isReading = false;
  };
  return () => {
    if (!isReading && performance.now() - readAt > ms) void again();
    if ('error' in last) throw last.error;
    return last.value;
  };
}
