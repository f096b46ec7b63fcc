import { randomUUID } from "node:crypto";
import { create } from "@bufbuild/protobuf";
import type { HandlerContext } from "@connectrpc/connect";
import { createContextValues } from "@connectrpc/connect";
import { expect, test } from "vitest";
import { CreateCartRequestSchema } from "../../gen/rowlock/cart/v1/cart_pb.js";
import { as } from "../../lib/rpc/testing/interceptors.ts";
import { cartLifeMs } from "./cart.ts";
import { createCart } from "./rpc/create-cart.ts";
import { type CartUnderTest, describeCarts, skusOf } from "./testing/carts.ts";
import { failureOf } from "./testing/failures.ts";

describeCarts("a keyed CreateCart", (under) => {
  test("gives the same answer again, token included", async () => {
    const key = randomUUID();
    const first = await createKeyed(under, { requestId: key });
    const holder = as.guest(first.token);
    await under.client.addItem({ cartId: first.id, sku: "A", quantity: 1n }, holder);
    under.time.now += 60_000;
    expect(await createKeyed(under, { requestId: key })).toEqual(first);
    expect(skusOf(await under.client.getCart({ cartId: first.id }, holder))).toEqual(["1 A"]);
  });

  test("makes one cart when 10 come at the same time", async () => {
    const key = randomUUID();
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => createKeyed(under, { requestId: key })),
    );
    expect(new Set(answers.map(({ id, token }) => `${id} ${token}`)).size).toBe(1);
  });

  test("is refused with another currency", async () => {
    const key = randomUUID();
    await createKeyed(under, { requestId: key, currencyCode: "USD" });
    await createKeyed(under, { requestId: key }); // USD when not given: the same request
    expect(await failureOf(createKeyed(under, { requestId: key, currencyCode: "EUR" }))).toMatchObject({
      reason: "REQUEST_ID_REUSED",
      metadata: {
        request_id: key,
      },
    });
  });

  test("is refused with a key that is easy to guess", async () => {
    expect(await failureOf(createKeyed(under, { requestId: "x".repeat(15) }))).toMatchObject({
      reason: "INVALID_ARGUMENT",
      metadata: {
        field: "request_id",
      },
    });
  });

  test("makes a new, empty cart when the first has expired", async () => {
    const key = randomUUID();
    const first = await createKeyed(under, { requestId: key });
    await under.client.addItem({ cartId: first.id, sku: "A", quantity: 1n }, as.guest(first.token));
    under.time.now += cartLifeMs;
    const second = await createKeyed(under, { requestId: key, currencyCode: "EUR" });
    expect(await under.client.getCart({ cartId: second.id }, as.guest(second.token))).toMatchObject({
      currencyCode: "EUR",
      lines: [],
    });
  });
});

/** Calls the handler itself, as an anonymous caller. */
function createKeyed({ deps }: CartUnderTest, request: { requestId: string; currencyCode?: string }) {
  const { requestId, currencyCode = "" } = request;
  const ctx = { values: createContextValues() } as HandlerContext;
  return createCart(deps)({ ...create(CreateCartRequestSchema, { currencyCode }), requestId }, ctx);
}
