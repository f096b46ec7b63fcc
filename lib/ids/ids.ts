import { createHash, randomBytes, randomFillSync } from "node:crypto";

// Crockford's base32: no i, l, o, u, so that an id survives being read aloud; its order is ASCII order.
const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";
const RANDOM_BYTES_PER_ID = 10;
const COUNTER_MAX = 0xfff;

// One call into the random number generator serves many ids: the call costs more than the id.
const pool = Buffer.alloc(RANDOM_BYTES_PER_ID * 256);
let used = pool.length;

let lastMs = 0;
let counter = 0;

/**
 * A new id: prefix, underscore and the 26 base32 characters of a UUIDv7 (RFC 9562, version and variant bits
 * included). Ids of one process sort by the order in which they were made, also within a millisecond (12-bit
 * counter, section 6.2 method 1) and when the clock steps back; ids of several processes sort by millisecond.
 */
export function newId(prefix: string): string {
  return `${prefix}_${base32(uuidV7())}`;
}

/** A new secret: 32 random bytes as 43 characters of base64url. Store its `sha256Hex`, never the token. */
export function newToken(): string {
  return randomBytes(32).toString("base64url");
}

/** SHA-256 of a string's UTF-8 bytes, in lower-case hex. */
export function sha256Hex(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

function uuidV7(): Uint8Array {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  const random = pool.subarray(used, (used += RANDOM_BYTES_PER_ID));
  const now = Date.now();
  if (now > lastMs) {
    lastMs = now;
    // Starts in the lower half, so that a burst has 2,048 numbers at least before it borrows the next millisecond.
    counter = random.readUInt16BE(0) & 0x7ff;
  } else if (++counter > COUNTER_MAX) {
    lastMs += 1;
    counter = 0;
  }
  const bytes = Buffer.alloc(16);
  bytes.writeUIntBE(lastMs, 0, 6);
  bytes.writeUInt16BE(0x7000 | counter, 6);
  random.copy(bytes, 8, 2);
  bytes.writeUInt8(0x80 | (bytes.readUInt8(8) & 0x3f), 8);
  return bytes;
}

/** 128 bits as 26 characters, most significant first; the first character carries the two padding bits (zero). */
function base32(bytes: Uint8Array): string {
  let text = "";
  let bits = 0;
  let count = 2;
  for (const byte of bytes) {
    bits = (bits << 8) | byte;
    count += 8;
    while (count >= 5) {
      count -= 5;
      text += ALPHABET[(bits >>> count) & 31];
    }
    bits &= (1 << count) - 1;
  }
  return text;
}
