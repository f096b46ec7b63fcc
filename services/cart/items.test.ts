import { describe, expect, test } from "vitest";
import { Notice_Kind } from "../../gen/rowlock/cart/v1/cart_pb.js";
import { describeCarts, skusOf } from "./testing/carts.ts";
import { failureOf } from "./testing/failures.ts";

describeCarts("items", (under) => {
  describe("items", () => {
    test("are added, set and removed in the order of their first adding", async () => {
      const { cartId, holder } = await under.newCart();
      const { client } = under;
      await client.addItem({ cartId, sku: "B", quantity: 2n }, holder);
      await client.addItem({ cartId, sku: "A", quantity: 1n }, holder);
      const added = await client.addItem({ cartId, sku: "B", quantity: 3n }, holder);
      expect(skusOf(added)).toEqual(["5 B", "1 A"]);
      expect(added.itemTotal?.amount).toBe(2250n);
      expect(skusOf(await client.setItem({ cartId, sku: "B", quantity: 4n }, holder))).toEqual([
        "4 B",
        "1 A",
      ]);
      expect(skusOf(await client.setItem({ cartId, sku: "B", quantity: 0n }, holder))).toEqual(["1 A"]);
      expect(skusOf(await client.removeItem({ cartId, sku: "no such" }, holder))).toEqual(["1 A"]);
      expect(skusOf(await client.removeItem({ cartId, sku: "A" }, holder))).toEqual([]);
      await client.addItem({ cartId, sku: "A", quantity: 1n }, holder);
      expect(skusOf(await client.clearCart({ cartId }, holder))).toEqual([]);
      expect(skusOf(await client.getCart({ cartId }, holder))).toEqual([]);
    });

    test.each<[string, { sku: string; quantity: bigint }, string, Record<string, string>]>([
      ["unknown SKU", { sku: "Z", quantity: 1n }, "SKU_NOT_FOUND", { sku: "Z" }],
      ["no SKU at all", { sku: "a b", quantity: 1n }, "SKU_NOT_FOUND", {}],
      ["no price in USD", { sku: "C", quantity: 1n }, "PRICE_MISSING", { sku: "C", currency_code: "USD" }],
      [
        "more than are left",
        { sku: "A", quantity: 9n },
        "INSUFFICIENT_STOCK",
        { sku: "A", requested: "11", available: "10" },
      ],
      ["over 10,000", { sku: "A", quantity: 9_999n }, "QUANTITY_TOO_LARGE", { sku: "A", quantity: "10001" }],
    ])("AddItem changes nothing: %s", async (_, item, reason, metadata) => {
      const { cartId, holder } = await under.newCart();
      const before = await under.client.addItem({ cartId, sku: "A", quantity: 2n }, holder);
      under.time.now += 1000;
      expect(await failureOf(under.client.addItem({ cartId, ...item }, holder))).toMatchObject({
        reason,
        metadata,
      });
      expect(await under.client.getCart({ cartId }, holder)).toEqual(before);
    });

    test.each([0n, -1n, 10_001n, 2n ** 62n])("AddItem of %s units is malformed", async (quantity) => {
      const { cartId, holder } = await under.newCart();
      expect(await failureOf(under.client.addItem({ cartId, sku: "A", quantity }, holder))).toMatchObject({
        reason: "INVALID_ARGUMENT",
      });
    });

    test("SetItem asks for the new total, not for the sum", async () => {
      const { cartId, holder } = await under.newCart();
      await under.client.setItem({ cartId, sku: "A", quantity: 8n }, holder);
      const ten = await under.client.setItem({ cartId, sku: "A", quantity: 10n }, holder);
      expect(skusOf(ten)).toEqual(["10 A"]);
      expect(
        await failureOf(under.client.setItem({ cartId, sku: "A", quantity: 11n }, holder)),
      ).toMatchObject({ reason: "INSUFFICIENT_STOCK" });
    });

    test("what is no longer sold can be removed but not added", async () => {
      const { cartId, holder } = await under.newCart();
      await under.client.addItem({ cartId, sku: "A", quantity: 1n }, holder);
      await under.client.addItem({ cartId, sku: "B", quantity: 1n }, holder);
      under.shop.variants.delete("A");
      expect(await failureOf(under.client.setItem({ cartId, sku: "A", quantity: 2n }, holder))).toMatchObject(
        { reason: "SKU_NOT_FOUND" },
      );
      const other = await under.client.addItem({ cartId, sku: "B", quantity: 1n }, holder);
      expect(other.lines[0]).toMatchObject({ sku: "A", quantity: 0n, notices: [{ kind: Notice_Kind.GONE }] });
      expect(skusOf(await under.client.setItem({ cartId, sku: "A", quantity: 0n }, holder))).toEqual(["2 B"]);
    });

    test("a price change is said until the line is changed", async () => {
      const { cartId, holder } = await under.newCart();
      await under.client.addItem({ cartId, sku: "A", quantity: 1n }, holder);
      under.shop.sell("A", { USD: 1100n }, 10n);
      const told = await under.client.getCart({ cartId }, holder);
      expect(told.lines[0]?.notices).toMatchObject([
        { kind: Notice_Kind.PRICE_CHANGED, previousPrice: { currencyCode: "USD", amount: 1000n } },
      ]);
      expect(told.itemTotal?.amount).toBe(1100n);
      const changed = await under.client.addItem({ cartId, sku: "A", quantity: 1n }, holder);
      expect(changed.lines[0]?.notices).toEqual([]);
    });

    test("a currency of the cart's own", async () => {
      const { cartId, holder } = await under.newCart("EUR");
      const cart = await under.client.addItem({ cartId, sku: "A", quantity: 2n }, holder);
      expect(cart.itemTotal).toMatchObject({ currencyCode: "EUR", amount: 1800n });
      expect(await failureOf(under.client.addItem({ cartId, sku: "B", quantity: 1n }, holder))).toMatchObject(
        { reason: "PRICE_MISSING" },
      );
    });
  });
});
