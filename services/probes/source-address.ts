// Which of our addresses a probe leaves from: the one of the target's family.

/** The local address to dial from, or undefined where the system is to choose. Literal addresses; `sources` hold one of each family at most. */
export function sourceFor(address: string, sources: readonly string[] = []): string | undefined {
  return sources.find((source) => isSix(source) === isSix(address));
}

const isSix = (address: string): boolean => address.includes(':');
