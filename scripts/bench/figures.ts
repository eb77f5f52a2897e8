// How benchmarks time and print: seconds of a piece of work, numbers with their thousands, bytes as megabytes.

/** Seconds of wall time that `act` takes. */
export async function secondsOf(act: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await act();
  return (performance.now() - started) / 1000;
}

export const grouped = (value: number): string => Math.round(value).toLocaleString('en-US');

/** Megabytes of 1,000,000 bytes. */
export const megabytes = (bytes: number): string => `${Math.round(bytes / 1e6)} MB`;
