// Divides a number of hosts among the recipes: the same shares at every size, and every kind present when there is room.

/**
 * How many of `total` each weight gets: one each while there is room (the heaviest first when there is not), the rest by
 * largest remainder. The sum is `total` exactly.
 */
export function quotas(total: number, weights: readonly number[]): number[] {
  const byWeight = weights
    .map((weight, index) => ({ weight, index }))
    .sort((a, b) => b.weight - a.weight || a.index - b.index);
  const counts = weights.map(() => 0);
  for (const { index } of byWeight.slice(0, total)) counts[index] = 1;
  const rest = total - Math.min(total, weights.length);
  if (rest === 0) return counts;
  const sum = weights.reduce((a, b) => a + b, 0);
  // What each should have beyond its one: never less than nothing.
  const wanted = weights.map((weight) => Math.max(0, (total * weight) / sum - 1));
  const wantedSum = wanted.reduce((a, b) => a + b, 0);
  const shares = wanted.map((share) => (share * rest) / wantedSum);
  shares.forEach((share, index) => {
    counts[index] = (counts[index] ?? 0) + Math.floor(share);
  });
  const left = total - counts.reduce((a, b) => a + b, 0);
  const order = shares
    .map((share, index) => ({ fraction: share - Math.floor(share), index }))
    .sort((a, b) => b.fraction - a.fraction || a.index - b.index);
  for (const { index } of order.slice(0, left)) counts[index] = (counts[index] ?? 0) + 1;
  return counts;
}
