import { describe, expect, test } from "vitest";
import { type Cart, Cart_State } from "../../gen/rowlock/cart/v1/cart_pb.js";
import { as } from "../../lib/rpc/testing/interceptors.ts";
import { keyLifeMs } from "./cart.ts";
import { contact, describeCarts, shippingAddress, skusOf } from "./testing/carts.ts";
import { failureOf } from "./testing/failures.ts";

const requestId = "7a0c3c1e-0f0e-4f54-9b27-0d3f3b0a5c11";

describeCarts("keys", (under) => {
  type On = { cartId: string; holder: ReturnType<typeof as.guest> };
  interface Change {
    name: string;
    call: (on: On, requestId: string) => Promise<Cart>;
    /** What the cart holds after the change; before it, one of A. */
    after: string[];
    /** Another request of the same method. */
    other: ((on: On, requestId: string) => Promise<Cart>) | undefined;
  }
  const changes: Change[] = [
    {
      name: "AddItem",
      call: ({ cartId, holder }, requestId) =>
        under.client.addItem({ cartId, sku: "A", quantity: 2n, requestId }, holder),
      after: ["3 A"],
      other: ({ cartId, holder }, requestId) =>
        under.client.addItem({ cartId, sku: "B", quantity: 2n, requestId }, holder),
    },
    {
      name: "SetItem",
      call: ({ cartId, holder }, requestId) =>
        under.client.setItem({ cartId, sku: "A", quantity: 4n, requestId }, holder),
      after: ["4 A"],
      other: ({ cartId, holder }, requestId) =>
        under.client.setItem({ cartId, sku: "A", quantity: 5n, requestId }, holder),
    },
    {
      name: "RemoveItem",
      call: ({ cartId, holder }, requestId) =>
        under.client.removeItem({ cartId, sku: "A", requestId }, holder),
      after: [],
      other: ({ cartId, holder }, requestId) =>
        under.client.removeItem({ cartId, sku: "B", requestId }, holder),
    },
    {
      name: "ClearCart",
      call: ({ cartId, holder }, requestId) => under.client.clearCart({ cartId, requestId }, holder),
      after: [],
      other: undefined,
    },
    {
      name: "SetDelivery",
      call: ({ cartId, holder }, requestId) =>
        under.client.setDelivery({ cartId, contact, shippingAddress, requestId }, holder),
      after: ["1 A"],
      other: ({ cartId, holder }, requestId) =>
        under.client.setDelivery(
          { cartId, contact: { ...contact, phone: "" }, shippingAddress, requestId },
          holder,
        ),
    },
  ];
  const names = changes.map(({ name }) => name);
  const changeOf = (name: string) => changes.find((change) => change.name === name) as Change;

  async function cartWithA(): Promise<On> {
    const on = await under.newCart();
    await under.client.addItem({ cartId: on.cartId, sku: "A", quantity: 1n }, on.holder);
    return on;
  }
  const read = ({ cartId, holder }: On) => under.client.getCart({ cartId }, holder);

  describe.each(names)("%s with a key", (name) => {
    const { call, after, other } = changeOf(name);

    test("is made once, and a repetition is answered with the cart as it is", async () => {
      const on = await cartWithA();
      expect(skusOf(await call(on, requestId))).toEqual(after);
      await under.client.setItem({ ...on, sku: "A", quantity: 7n }, on.holder);
      await under.client.setItem({ ...on, sku: "B", quantity: 1n }, on.holder);
      const before = await read(on);
      under.time.now += 1_000;
      expect(await call(on, requestId)).toEqual(before);
      expect(await read(on)).toEqual(before);
    });

    test("is made once when 10 come at the same time", async () => {
      const on = await cartWithA();
      const answers = await Promise.all(Array.from({ length: 10 }, () => call(on, requestId)));
      for (const answer of answers) expect(skusOf(answer)).toEqual(after);
      expect(skusOf(await read(on))).toEqual(after);
    });

    test.skipIf(other === undefined)("is refused for another request", async () => {
      const on = await cartWithA();
      const made = await call(on, requestId);
      expect(await failureOf((other as Change["call"])(on, requestId))).toMatchObject({
        reason: "REQUEST_ID_REUSED",
        metadata: { request_id: requestId },
      });
      expect(await read(on)).toEqual(made);
    });

    test("is answered after the cart was ordered", async () => {
      const on = await cartWithA();
      await call(on, requestId);
      await under.client.completeCart({ cartId: on.cartId, orderId: "ord_1" }, as.service("order"));
      expect((await call(on, requestId)).state).toBe(Cart_State.ORDERED);
    });

    test("is another change with another key, on another cart, or a day later", async () => {
      const on = await cartWithA();
      await call(on, requestId);
      const reset = (cart: On) =>
        under.client.setItem({ cartId: cart.cartId, sku: "A", quantity: 1n }, cart.holder);
      for (const again of [
        () => call(on, "another"),
        async () => {
          under.time.now += keyLifeMs;
          // Keys are forgotten as others come.
          await under.client.removeItem({ cartId: on.cartId, sku: "B", requestId: "new" }, on.holder);
          return call(on, requestId);
        },
      ]) {
        await reset(on);
        expect(skusOf(await again())).toEqual(after);
      }
      expect(skusOf(await call(await cartWithA(), requestId))).toEqual(after);
    });
  });

  test("one key serves every method once", async () => {
    const on = await cartWithA();
    for (const { call, after } of changes.slice(0, 3)) {
      await under.client.setItem({ cartId: on.cartId, sku: "A", quantity: 1n }, on.holder);
      expect(skusOf(await call(on, requestId))).toEqual(after);
    }
  });

  test("a repetition asks for no stock", async () => {
    const on = await cartWithA();
    const add = () =>
      under.client.addItem({ cartId: on.cartId, sku: "A", quantity: 2n, requestId }, on.holder);
    await add();
    under.shop.sell("A", { USD: 1000n }, 3n); // 5 would be too many
    expect(skusOf(await add())).toEqual(["3 A"]);
  });

  test("a key is not used up by a refusal", async () => {
    const on = await under.newCart();
    const add = () =>
      under.client.addItem({ cartId: on.cartId, sku: "A", quantity: 11n, requestId }, on.holder);
    expect(await failureOf(add())).toMatchObject({ reason: "INSUFFICIENT_STOCK" });
    under.shop.sell("A", { USD: 1000n }, 11n);
    expect(skusOf(await add())).toEqual(["11 A"]);
  });

  test("a key of a change that changed nothing is remembered, too", async () => {
    const on = await cartWithA();
    const remove = (sku: string) => under.client.removeItem({ cartId: on.cartId, sku, requestId }, on.holder);
    await remove("B");
    expect(await failureOf(remove("A"))).toMatchObject({ reason: "REQUEST_ID_REUSED" });
    expect(skusOf(await read(on))).toEqual(["1 A"]);
  });
});
