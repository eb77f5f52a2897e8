// Ways that are measured beside each other: rounds that interleave them, and the median of what each took.
/** Microseconds of this process's CPU per call, `atOnce` calls at a time. */
export async function cpuPerCall(
  way: (port: number) => Promise<void>,
  port: number,
  { calls, atOnce }: { readonly calls: number; readonly atOnce: number },
): Promise<number> {
  let left = calls;
  const before = process.cpuUsage();
  const worker = async (): Promise<void> => {
    while (left-- > 0) await way(port);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  const { user, system } = process.cpuUsage(before);
  return (user + system) / calls;
}

/** The middle one of an odd number of values. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

/** Calls each way once per round; each round starts with the next one, so that none always meets the warmer machine. */
export async function interleave(rounds: number, ways: readonly (() => Promise<unknown>)[]): Promise<void> {
  for (let round = 0; round < rounds; round++)
    for (let turn = 0; turn < ways.length; turn++) await ways[(round + turn) % ways.length]?.();
}
