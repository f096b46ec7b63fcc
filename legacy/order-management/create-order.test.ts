import {
  Code,
  ConnectError,
  createClient,
  createHandlerContext,
  createRouterTransport,
} from "@connectrpc/connect";
import { expect, test } from "vitest";
import { CartService } from "../../gen/rowlock/cart/v1/cart_pb.js";
import { OrderManagementService } from "../../gen/rowlock/legacy/order_management/v1/order_management_pb.js";
import { OrderService } from "../../gen/rowlock/order/v1/order_pb.js";
import { reasonOf } from "../../lib/errors/reasons.ts";
import { failureOf } from "../../lib/rpc/testing/calls.ts";
import type { FacadeDeps } from "../facade.ts";
import { createOrder } from "./rpc/create-order.ts";

const { method } = OrderManagementService;

/** A customer's attempt to order, where one service answers with an error and the others would be content. */
function order(failing: "carts" | "orders", code: Code): Promise<unknown> {
  const fail = () => {
    throw new ConnectError("no", code);
  };
  const transport = createRouterTransport(({ service }) => {
    service(CartService, {
      getCurrentCart: failing === "carts" ? fail : () => ({ id: "cart_1" }),
      setCartMetadata: () => ({}),
    });
    service(OrderService, { placeOrder: fail });
  });
  const deps = {
    ...{ channel: "order-management", secret: "a-secret", currencyCode: "USD" },
    carts: createClient(CartService, transport),
    orders: createClient(OrderService, transport),
  } as Partial<FacadeDeps> as FacadeDeps;
  const context = createHandlerContext({
    ...{ service: OrderManagementService, method: method.createOrder },
    ...{ protocolName: "test", requestMethod: "POST", url: "test:" },
  });
  return Promise.resolve(
    createOrder(deps)({ $typeName: method.createOrder.input.typeName, customerId: "7" }, context),
  );
}

test.each([
  ["carts", Code.Unavailable],
  ["orders", Code.Unavailable],
  ["orders", Code.DeadlineExceeded],
] as const)("when %s are away (%i), the answer is the 500 that clients know", async (failing, code) => {
  const failure = await failureOf(order(failing, code));
  expect([failure.code, reasonOf(failure)]).toEqual([Code.Internal, "UPSTREAM_FAILED"]);
});

test("what is refused is no failure of a service", async () => {
  expect(await failureOf(order("orders", Code.FailedPrecondition))).toMatchObject({
    code: Code.FailedPrecondition,
  });
});
