// Poisson regression with a log link on small tables: maximum likelihood, and the factorials that a likelihood needs.

/** Fisher scoring doubles the right digits each time; a parameter on its way to infinity moves by one a step and never settles. */
const MOST_STEPS = 60;
/** Steps of the linear predictor below this are rounding. */
const SETTLED = 1e-10;

export interface PoissonFit {
  readonly intercept: number;
  readonly interceptVariance: number;
  readonly means: readonly number[];
}

/**
 * Maximum likelihood by iteratively reweighted least squares (Nelder and Wedderburn 1972), log link; null when there is no finite maximum.
 * Counts are any real numbers from 0 on. The first column of the design is the intercept.
 */
export function fitPoisson(design: readonly (readonly number[])[], counts: readonly number[]): PoissonFit | null {
  let predictor = counts.map((count) => Math.log(count + 0.5));
  for (let step = 0; step < MOST_STEPS; step++) {
    const means = predictor.map(Math.exp);
    const working = predictor.map((eta, at) => eta + (counts[at]! - means[at]!) / means[at]!);
    const solved = weightedLeastSquares(design, means, working);
    if (solved === null) return null;
    const next = design.map((row) => row.reduce((sum, x, at) => sum + x * solved.beta[at]!, 0));
    const moved = Math.max(...next.map((eta, at) => Math.abs(eta - predictor[at]!)));
    predictor = next;
    if (moved < SETTLED)
      return { intercept: solved.beta[0]!, interceptVariance: solved.firstVariance, means: predictor.map(Math.exp) };
  }
  return null;
}

/** Solves X'WX b = X'Wz by Cholesky, and gives the first diagonal element of (X'WX)^-1; null when the matrix is singular. */
function weightedLeastSquares(
  design: readonly (readonly number[])[],
  weights: readonly number[],
  target: readonly number[],
): { beta: number[]; firstVariance: number } | null {
  const size = design[0]!.length;
  const sumOver = (of: (row: readonly number[], at: number) => number): number =>
    design.reduce((sum, row, at) => sum + of(row, at), 0);
  const lower: number[][] = [];
  for (let i = 0; i < size; i++) {
    lower.push([]);
    for (let j = 0; j <= i; j++) {
      const whole = sumOver((row, at) => row[i]! * row[j]! * weights[at]!);
      let rest = whole;
      for (let k = 0; k < j; k++) rest -= lower[i]![k]! * lower[j]![k]!;
      if (i !== j) lower[i]!.push(rest / lower[j]![j]!);
      else if (rest > whole * Number.EPSILON * size) lower[i]!.push(Math.sqrt(rest));
      else return null;
    }
  }
  const right = Array.from({ length: size }, (_, i) => sumOver((row, at) => row[i]! * weights[at]! * target[at]!));
  const unit = right.map((_, i) => (i === 0 ? 1 : 0));
  return { beta: choleskySolve(lower, right), firstVariance: choleskySolve(lower, unit)[0]! };
}

/** Solves L L' x = right for lower-triangular L. */
function choleskySolve(lower: readonly (readonly number[])[], right: readonly number[]): number[] {
  const x = [...right];
  for (let i = 0; i < x.length; i++) {
    for (let k = 0; k < i; k++) x[i]! -= lower[i]![k]! * x[k]!;
    x[i]! /= lower[i]![i]!;
  }
  for (let i = x.length - 1; i >= 0; i--) {
    for (let k = i + 1; k < x.length; k++) x[i]! -= lower[k]![i]! * x[k]!;
    x[i]! /= lower[i]![i]!;
  }
  return x;
}

/** Above this, Stirling's series with two correcting terms errs by less than 1e-15 of its value. */
const STIRLING_FROM = 100;

/** ln n! for a real n >= 0, which is ln of the gamma function at n + 1. */
export function logFactorial(n: number): number {
  let above = 0;
  let from = n;
  for (; from < STIRLING_FROM; from++) above += Math.log(from + 1);
  return (
    from * Math.log(from) - from + Math.log(2 * Math.PI * from) / 2 + 1 / (12 * from) - 1 / (360 * from ** 3) - above
  );
}
