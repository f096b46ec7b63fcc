import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { waitFor } from "../../lib/testing/wait-for.ts";
import { type Buyer, newBuyer, newOrder } from "./buyer.ts";
import { expectTypedRefusal } from "./errors.ts";
import { fingerprint, orderTold } from "./fingerprint.ts";
import { callRaw, type RawCall } from "./raw.ts";
import { infoIn } from "./rest.ts";
import { openShop, type TestShop } from "./shop.ts";

/** A shop with something in it that bad input could harm. */
export interface Victim extends AsyncDisposable {
  shop: TestShop;
  /** With one unit of BAD in the cart, and where it goes. */
  buyer: Buyer;
  /** With an empty cart. */
  empty: Buyer;
  /** With a cart that knows no address. */
  homeless: Buyer;
  /** With an order that waits for its payment. */
  customer: Buyer;
  orderId: string;
  productId: string;
}

/** Sells BAD, of which 50 are left but one, BAD-2, and EURO, which has no price in dollars. Then nothing changes by itself. */
export async function openVictim(): Promise<Victim> {
  const shop = await openShop();
  const { rest, staff } = shop;
  await shop.sell("BAD", { stock: 50 });
  await shop.sell("BAD-2");
  const euro = { sku: "EURO", prices: [{ currencyCode: "EUR", amount: 5 }] };
  await rest("POST", "/v1/products", { staff, body: { title: "Euros only", variants: [euro] } });
  await rest("POST", "/v1/stock/EURO:set", { staff, body: { onHand: 5 } });
  const [buyer, empty, homeless] = await Promise.all([newBuyer(rest), newBuyer(rest), newBuyer(rest)]);
  await buyer.add("BAD");
  await buyer.deliver();
  await empty.deliver();
  await homeless.add("BAD");
  const { buyer: customer, order } = await newOrder(rest, ["BAD"]);
  await orderTold(shop.databaseUrl, order.body.id);
  const found = await rest("GET", "/v1/products?pageSize=1");
  return {
    shop,
    ...{ buyer, empty, homeless, customer },
    orderId: order.body.id,
    productId: found.body.products[0].id,
    [Symbol.asyncDispose]: () => shop[Symbol.asyncDispose](),
  };
}

/** A JSON request; text is sent as it is. */
export function jsonCall(method: string, path: string, body?: unknown): RawCall {
  return {
    method,
    path,
    headers: { "content-type": "application/json" },
    body: body === undefined || typeof body === "string" ? body : JSON.stringify(body),
  };
}

/** The call with further headers. */
export function withHeaders(call: RawCall, headers: Record<string, string>): RawCall {
  return { ...call, headers: { ...call.headers, ...headers } };
}

/** HTTP status and reason. */
export type Want = readonly [status: number, reason: string];

/** What is wrong with a call, the call, and how it is refused. */
export type Row = [what: string, call: (victim: Victim) => RawCall, want: Want];

export const invalid: Want = [400, "INVALID_ARGUMENT"];

/** Waits until the vendors have told what became of every message: nothing changes by itself any more. */
async function delivered({ shop: { rest, staff } }: Victim): Promise<void> {
  const inTransit = ["STATE_PENDING", "STATE_SENT"];
  await waitFor(
    async () => {
      const { body } = await rest("GET", "/v1/messages?pageSize=200", { staff });
      return (body.messages as { state: string }[]).every(({ state }) => !inTransit.includes(state));
    },
    { what: "the news of every message", timeoutMs: 20_000 },
  );
}

/** Tests that each row is refused as wanted, typed, and that `trace` is the same after all of them. */
export function testRefusals(
  group: string,
  rows: readonly Row[],
  victim: () => Victim,
  trace: (victim: Victim) => Promise<unknown> = ({ shop }) => fingerprint(shop.databaseUrl),
): void {
  describe(`bad ${group}`, () => {
    let before: unknown;
    beforeAll(async () => {
      await delivered(victim());
      before = await trace(victim());
    });
    afterAll(async () => expect(await trace(victim())).toEqual(before));

    test.each(rows)("%s", async (_what, call, want) => {
      const answer = await callRaw(victim().shop.httpUrl, call(victim()));
      const message = answer.body?.error?.message;
      expect([answer.status, infoIn(answer)?.reason, message]).toEqual([...want, expect.any(String)]);
      expectTypedRefusal(answer);
      // A card's number is not told back.
      expect(JSON.stringify(answer.body)).not.toContain("4242");
    });
  });
}
