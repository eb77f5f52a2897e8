// Starts the next few slow calls while the current result is used, and gives the results in order.

/**
 * Calls `start` for each of `inputs` with at most `depth` calls under way or waiting to be taken. Results come in order of the inputs; the
 * first failure is thrown when its turn comes, and calls behind it are left to end by themselves.
 */
export async function* ahead<In, Out>(
  inputs: Iterable<In>,
  depth: number,
  start: (input: In) => Promise<Out>,
): AsyncGenerator<{ input: In; result: Out }, void, void> {
  const queue: { input: In; result: Promise<Out> }[] = [];
  const rest = inputs[Symbol.iterator]();
  const fill = (): void => {
    while (queue.length < depth) {
      const next = rest.next();
      if (next.done === true) return;
      const result = start(next.value);
      // A failure behind the one that is thrown must not become an unhandled rejection.
      result.catch(() => undefined);
      queue.push({ input: next.value, result });
    }
  };
  for (fill(); queue.length > 0; fill()) {
    const { input, result } = queue.shift()!;
    yield { input, result: await result };
  }
}
