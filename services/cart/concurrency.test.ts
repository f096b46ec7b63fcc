import { describe, expect, test } from "vitest";
import { as } from "../../lib/rpc/testing/interceptors.ts";
import { describeCarts, skusOf } from "./testing/carts.ts";

describeCarts("concurrent calls", (under) => {
  describe("many at once", () => {
    test("50 adds of one SKU are 50 units", async () => {
      const { cartId, holder } = await under.newCart();
      under.shop.sell("A", { USD: 1n }, 50n);
      await Promise.all(
        Array.from({ length: 50 }, () => under.client.addItem({ cartId, sku: "A", quantity: 1n }, holder)),
      );
      expect(skusOf(await under.client.getCart({ cartId }, holder))).toEqual(["50 A"]);
    });

    test("50 adds of 50 SKUs are 50 lines", async () => {
      const { cartId, holder } = await under.newCart();
      const skus = Array.from({ length: 50 }, (_, n) => `S${n}`);
      for (const sku of skus) {
        under.shop.sell(sku, { USD: 1n }, 1n);
      }
      await Promise.all(skus.map((sku) => under.client.addItem({ cartId, sku, quantity: 1n }, holder)));
      const cart = await under.client.getCart({ cartId }, holder);
      expect(cart.lines.map(({ sku }) => sku).sort()).toEqual(skus.sort());
    });

    test("of 20 attempts to order, one has the cart in the end, and it was answered so", async () => {
      const { cartId, holder } = await under.newCart();
      await under.client.addItem({ cartId, sku: "A", quantity: 1n }, holder);
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, n) =>
          under.client.freezeCart({ cartId, orderId: `ord_${n}` }, as.service("order")),
        ),
      );
      const { orderId } = await under.client.getCart({ cartId }, holder);
      expect(answers.map(({ cart }) => cart?.orderId)).toContain(orderId);
    });
  });
});
