import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { as } from "../../lib/rpc/testing/interceptors.ts";
import { cartLifeMs } from "./cart.ts";
import { describeCarts, skusOf } from "./testing/carts.ts";
import { failureOf } from "./testing/failures.ts";

describeCarts("a keyed CreateCart", (under) => {
  test("gives the same answer again, token included", async () => {
    const key = randomUUID();
    const first = await under.client.createCart({ requestId: key });
    const holder = as.guest(first.token);
    await under.client.addItem({ cartId: first.id, sku: "A", quantity: 1n }, holder);
    under.time.now += 60_000;
    expect(await under.client.createCart({ requestId: key })).toEqual(first);
    expect(skusOf(await under.client.getCart({ cartId: first.id }, holder))).toEqual(["1 A"]);
  });

  test("makes one cart when 10 come at the same time", async () => {
    const key = randomUUID();
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => under.client.createCart({ requestId: key })),
    );
    expect(new Set(answers.map(({ id, token }) => `${id} ${token}`)).size).toBe(1);
  });

  test("is refused with another currency", async () => {
    const key = randomUUID();
    await under.client.createCart({ requestId: key, currencyCode: "USD" });
    await under.client.createCart({ requestId: key }); // USD when not given: the same request
    expect(await failureOf(under.client.createCart({ requestId: key, currencyCode: "EUR" }))).toMatchObject({
      reason: "REQUEST_ID_REUSED",
      metadata: {
        request_id: key,
      },
    });
  });

  test("is refused with a key that is easy to guess", async () => {
    expect(await failureOf(under.client.createCart({ requestId: "x".repeat(15) }))).toMatchObject({
      reason: "INVALID_ARGUMENT",
      metadata: {
        field: "request_id",
      },
    });
  });

  test("makes a new, empty cart when the first has expired", async () => {
    const key = randomUUID();
    const first = await under.client.createCart({ requestId: key });
    await under.client.addItem({ cartId: first.id, sku: "A", quantity: 1n }, as.guest(first.token));
    under.time.now += cartLifeMs;
    const second = await under.client.createCart({ requestId: key, currencyCode: "EUR" });
    expect(await under.client.getCart({ cartId: second.id }, as.guest(second.token))).toMatchObject({
      currencyCode: "EUR",
      lines: [],
    });
  });
});
