import { Code, ConnectError } from "@connectrpc/connect";
import { expect, test } from "vitest";
import { emptyCart, withQuantity } from "./cart.ts";
import { covers, findOffers } from "./offers.ts";
import { FakeShop } from "./testing/fake-shop.ts";

const empty = emptyCart({ id: "cart_1", owner: "o", currencyCode: "USD", now: 0 });
const cart = withQuantity(empty, "A", 2);

test("asks nobody for an empty cart", async () => {
  const shop = new FakeShop();
  await findOffers(shop, empty, {});
  expect(shop.calls).toMatchObject({ catalog: 0, inventory: 0 });
});

test("covers the SKUs that were asked for, sold or not", async () => {
  const offers = await findOffers(new FakeShop(), cart, {});
  expect(covers(offers, cart)).toBe(true);
  expect(covers(offers, withQuantity(cart, "B", 1))).toBe(false);
});

test("what Inventory does not know, or has oversold, is not available", async () => {
  const shop = new FakeShop();
  shop.stock.set("A", -3n);
  const offers = await findOffers(shop, withQuantity(cart, "B", 1), {});
  expect(offers.available).toEqual(
    new Map([
      ["A", 0n],
      ["B", 0n],
    ]),
  );
});

const invalid = new ConnectError("skus[0]: too long", Code.InvalidArgument);
test.each([
  ["passes with time", new ConnectError("away", Code.Unavailable), Code.Unavailable],
  ["took too long", new ConnectError("slow", Code.DeadlineExceeded), Code.DeadlineExceeded],
])("a failure that %s stays what it is", async (_, failure, code) => {
  for (const service of ["catalog", "inventory"] as const) {
    const shop = new FakeShop();
    shop.failure = { [service]: failure };
    await expect(findOffers(shop, cart, {})).rejects.toMatchObject({ code });
  }
});

test("a refusal is not the buyer's fault: no ConnectError, the cause kept", async () => {
  for (const service of ["catalog", "inventory"] as const) {
    const shop = new FakeShop();
    shop.failure = { [service]: invalid };
    const err = await findOffers(shop, cart, {}).catch((thrown: unknown) => thrown);
    expect(err).not.toBeInstanceOf(ConnectError);
    expect(err).toMatchObject({ cause: invalid });
  }
});
