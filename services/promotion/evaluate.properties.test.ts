import { create } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import fc from "fast-check";
import { expect, test } from "vitest";
import { PromotionSchema } from "../../gen/rowlock/promotion/v1/promotion_pb.js";
import { allocate } from "../../lib/money/allocate.ts";
import { shareOf, sum } from "../../lib/money/arithmetic.ts";
import { type Cart, fullPrice, type Line } from "./engine/cart.ts";
import type { Offer } from "./engine/offer.ts";
import { evaluateCart, type Outcome } from "./evaluate.ts";
import { noon, type PromotionInit } from "./testing/offers.ts";

const cents = fc.oneof(fc.bigInt(0n, 30n), fc.bigInt(0n, 100_000n));
interface Amount {
  currencyCode: string;
  amount: bigint;
}
const usd = (amounts: fc.Arbitrary<bigint>): fc.Arbitrary<Amount[]> =>
  amounts.map((amount) => [{ currencyCode: "USD", amount }]);
const none = fc.constant<Amount[]>([]);
const atMost = fc.oneof(none, usd(fc.bigInt(1n, 50_000n)));
const basisPoints = fc.oneof(fc.integer({ min: 1, max: 10_000 }), fc.constantFrom(5_000, 10_000));

const action: fc.Arbitrary<PromotionInit["action"]> = fc.oneof(
  fc.record({ case: fc.constant("percentage" as const), value: fc.record({ basisPoints, maximum: atMost }) }),
  fc.record({
    case: fc.constant("amountOff" as const),
    value: fc.record({ amounts: usd(fc.bigInt(1n, 50_000n)), eachUnit: fc.boolean() }),
  }),
  fc.record({
    case: fc.constant("priceOverride" as const),
    value: fc.record({
      multiplierMillionths: fc.integer({ min: 0, max: 1_000_000 }),
      upto: atMost,
      flatOff: atMost,
    }),
  }),
  fc.record({
    case: fc.constant("buyXGetY" as const),
    value: fc.record({
      buy: fc.bigInt(1n, 4n),
      get: fc.bigInt(1n, 4n),
      basisPoints,
      times: fc.bigInt(0n, 3n),
    }),
  }),
  fc.record({ case: fc.constant("freeShipping" as const), value: fc.record({ maximum: atMost }) }),
);

const categories = ["x", "y"];
const line = fc.record({
  quantity: fc.oneof(fc.bigInt(0n, 6n), fc.bigInt(0n, 5_000n)),
  unitPrice: cents,
  categoryIds: fc.subarray(categories),
});
const cart: fc.Arbitrary<Cart> = fc.record({
  currency: fc.constant("USD"),
  lines: fc
    .array(line, { maxLength: 6 })
    .map((lines) => lines.map((each, i): Line => ({ ...each, sku: `S${i}`, productId: `P${i}` }))),
  shippingPrice: fc.option(fc.bigInt(0n, 2_000n), { nil: undefined }),
});
const offers: fc.Arbitrary<Offer[]> = fc
  .array(
    fc.record({
      action,
      priority: fc.integer({ min: -1, max: 1 }),
      exclusive: fc.boolean(),
      categoryIds: fc.subarray(categories),
      minimum: fc.oneof({ weight: 3, arbitrary: none }, usd(cents)),
      age: fc.integer({ min: 0, max: 2 }),
    }),
    { maxLength: 6 },
  )
  .map((inits) =>
    inits.map(({ categoryIds, age, ...init }, i) => ({
      promotion: create(PromotionSchema, {
        ...init,
        id: `p${i}`,
        automatic: true,
        target: { categoryIds },
        createTime: timestampFromDate(new Date(noon.getTime() + age)),
      }),
      coupon: undefined,
      customerRedeemed: 0n,
    })),
  );

const given = fc.record({ cart, offers });
const evaluated = (from: { cart: Cart; offers: readonly Offer[] }) => evaluateCart({ ...from, now: noon });

/** What a line gets in all. */
function offLine({ discounts }: Outcome, sku: string): bigint {
  return sum(
    discounts.flatMap(({ lines }) => lines.filter((each) => each.sku === sku).map(({ amount }) => amount)),
  );
}

function offEverything(outcome: Outcome): bigint {
  return sum(
    outcome.discounts.flatMap(({ lines, shipping }) => [shipping, ...lines.map(({ amount }) => amount)]),
  );
}

/** Runs with ever new seeds; a failure prints its own, and the smallest values that still fail. */
const check = <T>(values: fc.Arbitrary<T>, holds: (value: T) => void, numRuns = 1_000) => {
  fc.assert(
    fc.property(values, (value) => holds(value)),
    { numRuns },
  );
};

test("nothing negative is taken off, and never more than there is to pay", () => {
  expect.hasAssertions();
  check(given, (from) => {
    const outcome = evaluated(from);
    for (const { lines, shipping } of outcome.discounts) {
      expect(shipping).toBeGreaterThanOrEqual(0n);
      for (const { amount } of lines) expect(amount).toBeGreaterThan(0n);
    }
    for (const each of from.cart.lines) {
      expect(offLine(outcome, each.sku)).toBeLessThanOrEqual(fullPrice(each));
    }
    const offShipping = sum(outcome.discounts.map(({ shipping }) => shipping));
    expect(offShipping).toBeLessThanOrEqual(from.cart.shippingPrice ?? 0n);
  });
});

test("each promotion applies once or is refused with a reason, in its order, to lines it is for", () => {
  expect.hasAssertions();
  check(given, (from) => {
    const { discounts, refused } = evaluated(from);
    const ids = [...discounts, ...refused].map(({ offer }) => offer.promotion.id);
    expect(ids.toSorted()).toEqual(from.offers.map(({ promotion }) => promotion.id));
    const keys = discounts.map(({ offer: { promotion } }) => [
      -promotion.priority,
      Number(promotion.createTime?.nanos),
      promotion.id,
    ]);
    expect(keys).toEqual(
      keys.toSorted(
        ([p0, t0, i0], [p1, t1, i1]) =>
          Number(p0) - Number(p1) || Number(t0) - Number(t1) || String(i0).localeCompare(String(i1)),
      ),
    );
    for (const { offer, lines } of discounts) {
      const { exclusive, target } = offer.promotion;
      expect(exclusive ? discounts.length : 1).toBe(1);
      const isFor = ({ categoryIds }: Line) =>
        target?.categoryIds.length === 0 || categoryIds.some((id) => target?.categoryIds.includes(id));
      const targeted = new Set(from.cart.lines.filter(isFor).map(({ sku }) => sku));
      expect(lines.filter(({ sku }) => !targeted.has(sku))).toEqual([]);
    }
  });
});

test("the order of the offers makes no difference", () => {
  expect.hasAssertions();
  const shuffled = given.chain(({ cart, offers }) =>
    fc.record({
      cart: fc.constant(cart),
      offers: fc.constant(offers),
      others: fc.shuffledSubarray(offers, { minLength: offers.length }),
    }),
  );
  check(shuffled, ({ cart, offers, others }) => {
    expect(evaluated({ cart, offers: others }).discounts).toEqual(evaluated({ cart, offers }).discounts);
  });
});

test("an exclusive promotion never makes a cart dearer than without it", () => {
  expect.hasAssertions();
  check(given, ({ cart, offers }) => {
    const all = offEverything(evaluated({ cart, offers }));
    const others = offers.filter(({ promotion }) => !promotion.exclusive);
    expect(all).toBeGreaterThanOrEqual(offEverything(evaluated({ cart, offers: others })));
    for (const offer of offers.filter(({ promotion }) => promotion.exclusive)) {
      expect(all).toBeGreaterThanOrEqual(offEverything(evaluated({ cart, offers: [offer] })));
    }
  });
});

test("the order of the lines decides ties alone: one promotion takes off the same in all", () => {
  expect.hasAssertions();
  const turned = given.map(({ cart, offers }) => ({
    cart,
    offers: offers.slice(0, 1),
    other: { ...cart, lines: cart.lines.toReversed() },
  }));
  check(turned, ({ cart, offers, other }) => {
    const [one, two] = [evaluated({ cart, offers }), evaluated({ cart: other, offers })];
    const action = offers[0]?.promotion.action;
    // A split moves a tied unit; equally cheap units of another line are rounded with other neighbours.
    const slack = action?.case === "buyXGetY" ? BigInt(cart.lines.length) : 0n;
    const difference = offEverything(one) - offEverything(two);
    expect(difference < 0n ? -difference : difference).toBeLessThanOrEqual(slack);
    const moved = cart.lines.filter(({ sku }) => offLine(one, sku) !== offLine(two, sku));
    expect(action?.case === "priceOverride" ? moved : []).toEqual([]);
  });
});

test("a unit more never makes a cart of buy-x-get-y cheaper", () => {
  expect.hasAssertions();
  const free = given.map(({ cart, offers }) => ({
    cart: { ...cart, shippingPrice: undefined },
    offers: offers
      .filter(({ promotion }) => promotion.action.case === "buyXGetY")
      .slice(0, 1)
      .map((offer) => {
        const { action } = offer.promotion;
        if (action.case !== "buyXGetY") return offer;
        const value = { ...action.value, basisPoints: 10_000 };
        return { ...offer, promotion: { ...offer.promotion, action: { ...action, value } } };
      }),
  }));
  const toPay = (cart: Cart, offers: Offer[]) =>
    sum(cart.lines.map(fullPrice)) - offEverything(evaluated({ cart, offers }));
  check(free, ({ cart, offers }) => {
    const before = toPay(cart, offers);
    expect(before).toBeGreaterThanOrEqual(0n);
    // With a minimum a unit more may well make it cheaper: that is what minimums are for.
    if (offers.some(({ promotion }) => promotion.minimum.length > 0)) return;
    for (const [i, each] of cart.lines.entries()) {
      const more = cart.lines.with(i, { ...each, quantity: each.quantity + 1n });
      expect(toPay({ ...cart, lines: more }, offers)).toBeGreaterThanOrEqual(before);
    }
  });
});

const split = fc
  .array(fc.bigInt(0n, 10n ** 15n), { minLength: 1, maxLength: 20 })
  .chain((weights) => fc.tuple(fc.bigInt(0n, sum(weights)), fc.constant(weights)));

test("a split is exact, and each part within one of its share", () => {
  expect.hasAssertions();
  check(split, ([amount, weights]) => {
    const parts = allocate(amount, weights);
    const whole = sum(weights);
    expect(sum(parts)).toBe(amount);
    for (const [i, part] of parts.entries()) {
      const weight = weights[i] ?? 0n;
      expect(part).toBeLessThanOrEqual(weight);
      const off = part * whole - amount * weight;
      expect((off < 0n ? -off : off) < whole || whole === 0n).toBe(true);
    }
  });
});

test("of two parts that were rounded, the one with the larger remainder is not rounded down alone", () => {
  expect.hasAssertions();
  check(split, ([amount, weights]) => {
    const whole = sum(weights);
    if (whole === 0n) return;
    const rounded = allocate(amount, weights).map((part, i) => {
      const exact = amount * (weights[i] ?? 0n);
      return { up: part > exact / whole, remainder: exact % whole };
    });
    const raised = rounded.filter(({ up }) => up).map(({ remainder }) => remainder);
    const kept = rounded.filter(({ up }) => !up).map(({ remainder }) => remainder);
    const least = raised.reduce((a, b) => (b < a ? b : a), whole);
    for (const remainder of kept) expect(remainder).toBeLessThanOrEqual(least);
  });
});

test("an amount is not split among nothing", () => {
  expect(() => allocate(1n, [0n, 0n])).toThrow(RangeError);
});

test("a share is rounded half up", () => {
  expect.hasAssertions();
  const shares = fc.tuple(fc.bigInt(0n, 10n ** 15n), fc.bigInt(0n, 10_000n));
  check(shares, ([value, part]) => {
    const share = shareOf(value, part, 10_000n);
    const twice = 2n * (share * 10_000n - value * part);
    expect(twice > -10_000n && twice <= 10_000n).toBe(true);
  });
});
