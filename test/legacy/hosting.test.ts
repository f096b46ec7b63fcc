import { createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { expect, test } from "vitest";
import { CartOrchestratorService } from "../../gen/rowlock/legacy/cart_orchestrator/v1/cart_orchestrator_pb.js";
import { OrderManagementService } from "../../gen/rowlock/legacy/order_management/v1/order_management_pb.js";
import { createGrpcTransport } from "../../lib/rpc/grpc-transport.ts";
import { reasonIn } from "../support/rest.ts";
import { openShop, type TestShop } from "../support/shop.ts";

async function tagsOf(shop: TestShop): Promise<string[]> {
  const { body } = await shop.rest("GET", "/openapi.json");
  return (body.tags as { name: string }[]).map(({ name }) => name);
}

const ours = ["CartOrchestrator", "OnlineStore", "OrderManagement", "Pycom", "MicroServices"];

test("all facades are on, each under its own tag, over REST, Connect and gRPC", async () => {
  await using shop = await openShop();
  expect(await tagsOf(shop)).toEqual(expect.arrayContaining(ours));
  await shop.sell("101");
  const connect = createClient(
    OrderManagementService,
    createConnectTransport({ baseUrl: shop.httpUrl, httpVersion: "1.1" }),
  );
  const items = [{ productId: "101", quantity: 1n }];
  expect(await connect.setCart({ customerId: "7", items })).toMatchObject({ status: "Open", items });
  using transport = createGrpcTransport({ address: shop.grpcAddress, services: [OrderManagementService] });
  const grpc = createClient(OrderManagementService, transport);
  const { id } = await grpc.createOrder({ customerId: "7" });
  expect((await shop.rest("GET", `/orders/${id}`)).body).toMatchObject({ id, customer_id: "7" });
});

test("a key may be for the facades alone", async () => {
  await using shop = await openShop();
  const body = { name: "Old storefront", role: "ROLE_EDITOR", areas: ["legacy"] };
  const { key } = (await shop.rest("POST", "/v1/apiKeys", { staff: shop.staff, body })).body;
  expect((await shop.rest("GET", "/orders", { staff: key })).status).toBe(200);
  const answer = await shop.rest("GET", "/v1/orders", { staff: key });
  expect([answer.status, reasonIn(answer)]).toEqual([403, "AREA_NOT_ALLOWED"]);
});

test("those that are not named are not there: no route, no service, no page", async () => {
  await using shop = await openShop({ ROWLOCK_LEGACY: "cart-orchestrator, pycom" });
  const tags = await tagsOf(shop);
  expect(ours.filter((name) => tags.includes(name))).toEqual(["CartOrchestrator", "Pycom"]);
  expect(reasonIn(await shop.rest("GET", "/orders", { staff: shop.staff }))).toBe("ROUTE_NOT_FOUND");
  expect(reasonIn(await shop.rest("GET", "/api/get_cart/x"))).toBe("CART_NOT_FOUND");
  using transport = createGrpcTransport({ address: shop.grpcAddress, services: [OrderManagementService] });
  await expect(createClient(OrderManagementService, transport).getCart({ customerId: "7" })).rejects.toThrow(
    /unimplemented/,
  );
});

test("none is none", async () => {
  await using shop = await openShop({ ROWLOCK_LEGACY: "none" });
  const tags = await tagsOf(shop);
  expect(ours.filter((name) => tags.includes(name))).toEqual([]);
  expect(tags).toContain("Cart");
});

test("open to all, what is staff's business needs no key, and the document says so", async () => {
  await using shop = await openShop({ ROWLOCK_LEGACY_OPEN: "true", ROWLOCK_LEGACY_CURRENCY: "USD" });
  const none = await shop.rest("GET", "/orders");
  expect([none.status, none.body]).toEqual([200, { message: "No orders were found.", orders: [] }]);
  const { body } = await shop.rest("GET", "/openapi.json");
  expect(body.paths["/orders"].get.security).toContainEqual({});
  // The shop's own API is as closed as ever, and so is an account's cart.
  expect((await shop.rest("GET", "/v1/orders")).status).toBe(401);
  expect((await shop.rest("GET", "/carts/cus_somebody")).status).toBe(401);

  await shop.sell("MUG", { price: 1999 });
  using transport = createGrpcTransport({ address: shop.grpcAddress, services: [CartOrchestratorService] });
  const cart = await createClient(CartOrchestratorService, transport).upsertCart({
    cart: { id: "cents", lineItems: [{ productId: "MUG", quantity: 2n }] },
  });
  expect(cart).toMatchObject({ totalPrice: 3998 });
});
