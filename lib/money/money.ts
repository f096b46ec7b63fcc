import { create } from "@bufbuild/protobuf";
import { type Money, MoneySchema } from "../../gen/rowlock/type/v1/money_pb.js";
import { CURRENCY_DIGITS } from "./currencies.ts";

/** What is wrong with an amount; services map it to their own reasons. */
export type MoneyProblem = "UNKNOWN_CURRENCY" | "NOT_A_NUMBER" | "TOO_MANY_DIGITS" | "OUT_OF_RANGE";

/** An amount that cannot be represented. The message may be shown to the caller. */
export class MoneyError extends Error {
  override readonly name = "MoneyError";
  readonly problem: MoneyProblem;
  constructor(problem: MoneyProblem, message: string) {
    super(message);
    this.problem = problem;
  }
}

/** The largest amount either way, in minor units: 15 digits stay exact in a JSON number. */
export const MAX_AMOUNT = 999_999_999_999_999n;

/**
 * An amount in minor units (1999n of USD is 19.99).
 * @throws {MoneyError} UNKNOWN_CURRENCY, OUT_OF_RANGE
 */
export function money(currencyCode: string, amount: bigint): Money {
  minorDigits(currencyCode);
  return create(MoneySchema, { currencyCode, amount: inRange(amount) });
}

/**
 * Digits of the currency's minor unit in ISO 4217: 2 for USD, 0 for JPY, 3 for KWD.
 * @throws {MoneyError} UNKNOWN_CURRENCY (codes are upper-case)
 */
export function minorDigits(currencyCode: string): number {
  const digits = CURRENCY_DIGITS.get(currencyCode);
  if (digits === undefined) {
    throw new MoneyError(
      "UNKNOWN_CURRENCY",
      `${JSON.stringify(currencyCode)} is not an ISO 4217 currency code`,
    );
  }
  return digits;
}

/**
 * A decimal in major units ("9.99" of USD) as minor units (999n). Exact: nothing is rounded.
 * Plain digits only: an optional minus, no grouping, exponent or blanks; at least one digit before the point.
 * @throws {MoneyError} NOT_A_NUMBER, TOO_MANY_DIGITS (more decimals than the currency has), OUT_OF_RANGE, UNKNOWN_CURRENCY
 */
export function parseDecimal(decimal: string, currencyCode: string): bigint {
  const digits = minorDigits(currencyCode);
  const match = /^(-?)(\d+)(?:\.(\d+))?$/.exec(decimal);
  if (!match)
    throw new MoneyError("NOT_A_NUMBER", `${JSON.stringify(decimal.slice(0, 40))} is not a decimal number`);
  const [, sign, whole = "", fraction = ""] = match;
  if (fraction.length > digits) {
    throw new MoneyError("TOO_MANY_DIGITS", `${currencyCode} has ${digits} decimals, not ${fraction.length}`);
  }
  // Refused before BigInt sees it: its parsing time grows with the square of the length.
  const text = (whole + fraction.padEnd(digits, "0")).replace(/^0+(?=\d)/, "");
  if (text.length > 15) throw outOfRange();
  const amount = BigInt(text);
  return sign ? -amount : amount;
}

/** The decimal in major units, with all the currency's digits: "19.99", "1999" for JPY. `parseDecimal` reads it back. */
export function toDecimal({ currencyCode, amount }: Pick<Money, "currencyCode" | "amount">): string {
  const digits = minorDigits(currencyCode);
  const text = (amount < 0n ? -amount : amount).toString().padStart(digits + 1, "0");
  const sign = amount < 0n ? "-" : "";
  return digits === 0 ? sign + text : `${sign}${text.slice(0, -digits)}.${text.slice(-digits)}`;
}

/** The amount as people of the locale write it, with all ISO digits: "$19.99", "¥1,999", "HUF 1,999.00". */
export function formatMoney(amount: Pick<Money, "currencyCode" | "amount">, locale = "en-US"): string {
  // Formats the decimal string, not a number: exact for every amount.
  return formatter(amount.currencyCode, locale).format(toDecimal(amount) as Intl.StringNumericLiteral);
}

const formatters = new Map<string, Intl.NumberFormat>();

// A formatter takes 30 µs and some kilobytes to make; the locales in use are few, and the map is bounded all the same.
function formatter(currency: string, locale: string): Intl.NumberFormat {
  const key = `${locale} ${currency}`;
  let found = formatters.get(key);
  if (!found) {
    const digits = minorDigits(currency);
    found = new Intl.NumberFormat(locale, {
      style: "currency",
      currency,
      minimumFractionDigits: digits,
      maximumFractionDigits: digits,
    });
    if (formatters.size >= 500) formatters.clear();
    formatters.set(key, found);
  }
  return found;
}

function inRange(amount: bigint): bigint {
  if (amount > MAX_AMOUNT || amount < -MAX_AMOUNT) throw outOfRange();
  return amount;
}

function outOfRange(): MoneyError {
  return new MoneyError("OUT_OF_RANGE", "the amount has more than 15 digits in minor units");
}
