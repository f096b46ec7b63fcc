/** `value × part / whole`, rounded half up. None is negative, `whole` is above 0. */
export function shareOf(value: bigint, part: bigint, whole: bigint): bigint {
  return (2n * value * part + whole) / (2n * whole);
}

/** The sum, 0 of nothing. */
export function sum(values: readonly bigint[]): bigint {
  return values.reduce((total, value) => total + value, 0n);
}

/** The smaller one. */
export function least(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

/** Orders amounts, the smaller first. */
export function ascending(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
