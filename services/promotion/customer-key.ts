import { sha256Hex } from "../../lib/ids/ids.ts";

/**
 * The key that a customer's orders are counted under. An e-mail address, which is how a guest is known, is kept as
 * its SHA-256 only, of its lower-case form; the id of an account as it is.
 */
export function storedCustomerKey(customerKey: string): string {
  return customerKey.includes("@") ? sha256Hex(customerKey.trim().toLowerCase()) : customerKey;
}
