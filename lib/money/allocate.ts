import { ascending, sum } from "./arithmetic.ts";

/**
 * Splits an amount in proportion to the weights, exactly: each part is its share rounded down, and the units left
 * over go, one each, to the largest remainders, the earlier part first (Hamilton's method, or "largest remainder").
 * A part differs from its share by less than 1, so none exceeds its weight as long as the amount does not exceed
 * the sum of the weights.
 *
 * None is negative; with weights of 0 alone the amount is 0, too.
 */
export function allocate(amount: bigint, weights: readonly bigint[]): bigint[] {
  const whole = sum(weights);
  if (whole === 0n) {
    if (amount > 0n) throw new RangeError("an amount cannot be split among nothing");
    return weights.map(() => 0n);
  }
  const parts = weights.map((weight) => (amount * weight) / whole);
  const over = amount - sum(parts);
  const byRemainder = weights
    .map((weight, index) => ({ index, remainder: (amount * weight) % whole }))
    .sort((a, b) => ascending(b.remainder, a.remainder));
  const raised = new Set(byRemainder.slice(0, Number(over)).map(({ index }) => index));
  return parts.map((part, index) => (raised.has(index) ? part + 1n : part));
}
