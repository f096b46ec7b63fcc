import { randomBytes, randomFillSync } from "node:crypto";

const BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const pool = Buffer.alloc(8192);
let next = pool.length;

/** Random letters and digits, as Stripe's ids have after their prefix. */
export function randomBase62(length: number): string {
  let text = "";
  while (text.length < length) {
    if (next === pool.length) {
      randomFillSync(pool);
      next = 0;
    }
    // 248 = 4 × 62: bytes above are dropped, so every character is equally likely.
    const byte = pool[next++] ?? 255;
    if (byte < 248) text += BASE62[byte % 62];
  }
  return text;
}

/**
 * Letters and digits of which the first eight tell the time, so that ids made one after the other are
 * neighbours in an index: a commit then touches one page of it, not one for each id.
 */
export function timedBase62(length: number): string {
  let time = Date.now();
  let text = "";
  for (let index = 0; index < 8; index += 1) {
    text = BASE62.charAt(time % 62) + text;
    time = Math.floor(time / 62);
  }
  return text + randomBase62(length - text.length);
}

/** The same for hex ids: eleven digits of time, then random ones. */
export function timedHex(length: number): string {
  return (Date.now().toString(16).padStart(11, "0").slice(-11) + randomHex(length)).slice(0, length);
}

/** A random lower-case hex string of `length` characters (even), as Shippo's and Twilio's ids have. */
function randomHex(length: number): string {
  return randomBytes(length / 2).toString("hex");
}

export function newDeliveryId(): string {
  return `whd_${timedBase62(24)}`;
}
