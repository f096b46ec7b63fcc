import { fail } from "./reasons.ts";

/** What Catalog and Inventory accept as a SKU. */
const skuPattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/**
 * A text that cannot be a SKU is not on sale: said here, because Inventory would call it malformed.
 * @throws SKU_NOT_FOUND
 */
export function requireSku(sku: string): void {
  if (!skuPattern.test(sku)) {
    throw fail("SKU_NOT_FOUND", { sku });
  }
}
