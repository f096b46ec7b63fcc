/**
 * The bank's method as the core spells it: `bank transfer` is BANK_TRANSFER. Empty stays empty, which the core takes
 * for BANK_TRANSFER.
 */
export function bankOf(method: string): string {
  return method
    .trim()
    .toUpperCase()
    .replaceAll(/[^A-Z0-9]+/g, "_")
    .replace(/_$/, "");
}
