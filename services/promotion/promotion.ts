import { timestampMs } from "@bufbuild/protobuf/wkt";
import type { Promotion } from "../../gen/rowlock/promotion/v1/promotion_pb.js";
import { CURRENCY_DIGITS } from "../../lib/money/currencies.ts";
import { type MoneyList, moneyLists } from "./engine/offer.ts";

/** One thing that is wrong with a promotion: the path of the field, as the proto spells it, and why. */
export interface FieldViolation {
  field: string;
  description: string;
}

/** What the contract's rules for single fields cannot say: everything that does not fit together. */
export function contradictions(promotion: Promotion): FieldViolation[] {
  return [
    ...timeViolations(promotion),
    ...limitViolations(promotion),
    ...actionViolations(promotion),
    ...moneyLists(promotion).flatMap(moneyViolations),
  ];
}

// The years that timestamps have a common spelling for.
const firstMillisecond = -62_135_596_800_000;
const lastMillisecond = 253_402_300_799_999;

function timeViolations({ startTime, endTime }: Promotion): FieldViolation[] {
  const times = { start_time: startTime, end_time: endTime };
  const unspeakable = Object.entries(times)
    .filter(([, time]) => {
      const ms = time === undefined ? 0 : timestampMs(time);
      return ms < firstMillisecond || ms > lastMillisecond;
    })
    .map(([field]) => ({ field, description: "must be in the years 1 to 9999" }));
  if (unspeakable.length > 0 || startTime === undefined || endTime === undefined) return unspeakable;
  if (timestampMs(startTime) < timestampMs(endTime)) return [];
  return [{ field: "end_time", description: "must be after start_time" }];
}

function limitViolations({ limit, customerLimit, redeemed }: Promotion): FieldViolation[] {
  if (limit === 0n) return [];
  const violations: FieldViolation[] = [];
  if (customerLimit > limit) violations.push({ field: "customer_limit", description: "is more than limit" });
  if (redeemed > limit) violations.push({ field: "limit", description: `${redeemed} orders use it already` });
  return violations;
}

function actionViolations({ action }: Promotion): FieldViolation[] {
  if (action.case === undefined) {
    return [
      {
        field: "action",
        description:
          "one of percentage, amount_off, price_override, buy_x_get_y and free_shipping is required",
      },
    ];
  }
  if (action.case !== "priceOverride") return [];
  const { multiplierMillionths, flatOff } = action.value;
  const takesSomething = multiplierMillionths < 1_000_000 || flatOff.some(({ amount }) => amount > 0n);
  return takesSomething ? [] : [{ field: "price_override", description: "leaves every price as it is" }];
}

function moneyViolations({ field, amounts, least }: MoneyList): FieldViolation[] {
  const seen = new Set<string>();
  return amounts.flatMap(({ currencyCode, amount }, i) => {
    const violations: FieldViolation[] = [];
    const wrong = (part: string, description: string) =>
      violations.push({ field: `${field}[${i}].${part}`, description });
    if (!CURRENCY_DIGITS.has(currencyCode)) {
      wrong("currency_code", `${JSON.stringify(currencyCode)} is not an ISO 4217 currency code`);
    }
    if (seen.has(currencyCode)) wrong("currency_code", "stands there twice");
    if (amount < least) wrong("amount", `must be at least ${least}`);
    seen.add(currencyCode);
    return violations;
  });
}
