import { expect, test } from "vitest";
import { OrderManagementService } from "../../gen/rowlock/legacy/order_management/v1/order_management_pb.js";
import { describeRoutes } from "./routes.ts";
import { adHocService, get } from "./testing/ad-hoc.ts";
import { fakeTransport, listen, send } from "./testing/serve.ts";
import { createTranscoder } from "./transcoder.ts";

async function serve(transport: ReturnType<typeof fakeTransport>) {
  const serving = await listen(createTranscoder({ services: [OrderManagementService], transport }));
  return Object.assign(serving, { transport });
}

const order = { id: "o", customerId: "c", status: "Ordered", paymentId: "" };
const items = [{ productId: "p", quantity: 1n }];
const written = { product_id: "p", quantity: 1 };

test.each<[string, string, object, number, object]>([
  ["the contract's status", "POST /orders/c", { message: "m", id: "o" }, 201, { message: "m", id: "o" }],
  [
    "200 without one; empty lists are there",
    "GET /carts/c",
    {},
    200,
    { customer_id: "", status: "", items: [] },
  ],
  ["as is one beside an optional field", "GET /orders", { orders: [] }, 200, { orders: [] }],
  [
    "a list that is left out when it is empty",
    "GET /orders/o",
    { id: "o", items, orders: [] },
    200,
    { id: "o", items: [written] },
  ],
  [
    "and is there when it is not",
    "GET /orders/c",
    { items: [], orders: [{ ...order, items }] },
    200,
    { orders: [{ id: "o", customer_id: "c", status: "Ordered", items: [written], payment_id: "" }] },
  ],
])("%s: %s", async (_what, line, message, status, want) => {
  const answer = () => ({ message });
  const transport = fakeTransport({
    CreateOrder: answer,
    GetCart: answer,
    GetOrders: answer,
    ListOrders: answer,
  });
  await using serving = await serve(transport);
  const got = await send(serving, line, line.startsWith("POST") ? "{}" : undefined);
  expect([got.status, got.json]).toEqual([status, want]);
});

test("a failure has its own status, whatever an answer's is", async () => {
  await using serving = await serve(fakeTransport({}));
  expect((await send(serving, "POST /orders/c", "{}")).status).toBe(501);
});

const routesWith = (status: number) => describeRoutes([adHocService({ A: { rule: get("/a"), status } })]);

test("a contract may say any status of an answer with a body", () => {
  expect(routesWith(202)[0]?.status).toBe(202);
});

test.each([
  [204, "an answer without a body"],
  [302, "a redirection"],
  [404, "a failure"],
])("the status %i is refused at start: %s", (status, _what) => {
  expect(() => routesWith(status)).toThrow(`${status} is no status`);
});
