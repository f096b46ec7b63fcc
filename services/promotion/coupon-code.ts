import { randomBytes } from "node:crypto";

// Crockford's base32: no I, L, O, U, so that a code survives being read aloud and typed.
const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** 60 random bits: with a million codes out, a guess hits one in 10^12. */
const randomLetters = 12;

/** A code as it is stored and compared. */
export function storedCode(code: string): string {
  return code.trim().toUpperCase();
}

/** A new code that cannot be guessed. */
export function randomCode(prefix: string): string {
  const letters = Array.from(randomBytes(randomLetters), (byte) => alphabet[byte & 31]);
  return storedCode(prefix) + letters.join("");
}
