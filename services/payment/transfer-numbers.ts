/** The numbers by which a bank transfer is known to be a payment's: its account number and its reference. Pure. */
import { randomInt } from "node:crypto";

/** Digits of an account number, its check digit included. */
const accountDigits = 16;
/** What account numbers begin with when the bank has no prefix of its own. */
const defaultPrefix = "88";

/** By bank, the digits with which its account numbers for the shop begin. */
export type AccountPrefixes = Readonly<Record<string, string>>;

/** A new virtual account number: the bank's prefix, random digits, and the check digit of ISO/IEC 7812-1 (Luhn). */
export function newAccountNumber(bank: string, prefixes: AccountPrefixes): string {
  const prefix = (Object.hasOwn(prefixes, bank) ? prefixes[bank] : undefined) ?? defaultPrefix;
  const digits = Array.from({ length: accountDigits - 1 - prefix.length }, () => randomInt(10));
  const payload = prefix + digits.join("");
  return payload + luhnDigit(payload);
}

/** Whether a number's last digit is its check digit. */
export function isAccountNumber(number: string): boolean {
  return /^\d{2,}$/.test(number) && luhnDigit(number.slice(0, -1)) === number.at(-1);
}

/**
 * The check digit of ISO/IEC 7812-1, annex B: every second digit from the right counts twice, the digits of what comes
 * out are summed, and the check digit makes it a multiple of ten.
 */
function luhnDigit(payload: string): string {
  let total = 0;
  [...payload].reverse().forEach((digit, place) => {
    const weighed = Number(digit) * (place % 2 === 0 ? 2 : 1);
    total += weighed > 9 ? weighed - 9 : weighed;
  });
  return String((10 - (total % 10)) % 10);
}

/** No i, l, o and u, which are taken for others when they are read from paper. */
const referenceAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const referenceLength = 10;

/** A new payment reference: a creditor reference of ISO 11649, short enough for a bank's form. */
export function newReference(): string {
  const letters = Array.from({ length: referenceLength }, () => referenceAlphabet[randomInt(32)]);
  const body = letters.join("");
  const check = 98 - modulo97(`${body}RF00`);
  return `RF${String(check).padStart(2, "0")}${body}`;
}

/** Whether a text is a creditor reference of ISO 11649: moved to the end, its check digits make 1 modulo 97. */
export function isReference(text: string): boolean {
  return /^RF\d\d[0-9A-Z]{1,21}$/.test(text) && modulo97(text.slice(4) + text.slice(0, 4)) === 1;
}

/** ISO 7064 MOD 97-10: letters count as 10 to 35. */
function modulo97(text: string): number {
  let rest = 0;
  for (const char of text) {
    const value = parseInt(char, 36);
    rest = (rest * (value > 9 ? 100 : 10) + value) % 97;
  }
  return rest;
}

/**
 * All in a statement's text that may be a payment's number, in its own spelling: whole words, and what blanks, points
 * and dashes cut into groups. Letters that are easily taken for digits are read as those in references.
 */
export function numbersIn(text: string): string[] {
  const found = new Set<string>();
  const upper = text.toUpperCase();
  for (const [word] of upper.matchAll(/[0-9A-Z]+/g)) found.add(word);
  for (const [digits] of upper.matchAll(/\d+(?:[ .-]\d+)+/g)) found.add(digits.replace(/\D/g, ""));
  // Groups of a reference: its body has a known length, whatever is written before or after it.
  for (const [, grouped = ""] of upper.matchAll(/(?<![0-9A-Z])(?=(RF(?:[ .-]?[0-9A-Z]){12}))/g)) {
    const squeezed = grouped.replace(/[ .-]/g, "");
    found.add(squeezed);
    found.add(squeezed.slice(0, 2) + squeezed.slice(2).replace(/[IL]/g, "1").replace(/O/g, "0"));
  }
  return [...found].filter((number) => number.length <= 34);
}
