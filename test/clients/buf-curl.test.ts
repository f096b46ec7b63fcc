import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { fromBinary } from "@bufbuild/protobuf";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ErrorInfoSchema } from "../../gen/google/rpc/error_details_pb.js";
import { StockShortageSchema } from "../../gen/rowlock/inventory/v1/inventory_pb.js";
import { buf } from "../../lib/testing/programs.ts";
import { newBuyer } from "../support/buyer.ts";
import { services } from "../support/contracts.ts";
import { openShop, type TestShop } from "../support/shop.ts";

const run = promisify(execFile);

let shop: TestShop;
beforeAll(async () => {
  shop = await openShop();
  await shop.sell("CURL", { title: "Curling stone", stock: 2 });
});
afterAll(() => shop?.[Symbol.asyncDispose]());

/** Calls with nothing but the address: the contracts come by reflection. */
async function curl(...args: string[]): Promise<{ stdout: string; stderr: string }> {
  try {
    return await run(buf, ["curl", "--http2-prior-knowledge", "--protocol", "grpc", ...args]);
  } catch (err) {
    const { stdout, stderr } = err as { stdout?: string; stderr?: string };
    if (stdout === undefined || stderr === undefined) throw err;
    return { stdout, stderr };
  }
}
const url = (method: string) => `http://${shop.grpcAddress}/${method}`;

test("lists all services", async () => {
  const { stdout } = await curl("--list-services", `http://${shop.grpcAddress}`);
  const names = services.map((service) => service.typeName);
  expect(stdout.trim().split("\n").sort()).toEqual(names.sort());
});

test("reads, without a credential", async () => {
  const { stdout } = await curl(
    "--data",
    '{"query":"curling"}',
    url("rowlock.catalog.v1.CatalogService/ListProducts"),
  );
  expect(JSON.parse(stdout)).toMatchObject({
    products: [{ title: "Curling stone", variants: [{ sku: "CURL" }] }],
  });
});

test("writes, with one", async () => {
  const { stdout } = await curl(
    ...["-H", `authorization: Bearer ${shop.staff}`, "--data", '{"sku":"CURL","onHand":7}'],
    url("rowlock.inventory.v1.InventoryService/SetStock"),
  );
  expect(JSON.parse(stdout)).toMatchObject({ sku: "CURL", onHand: "7" });
});

test("sees an error with its details", async () => {
  const buyer = await newBuyer(shop.rest);
  const { stderr } = await curl(
    ...["-H", `rowlock-token: ${buyer.token}`],
    ...["--data", JSON.stringify({ cartId: buyer.cartId, sku: "CURL", quantity: 99 })],
    url("rowlock.cart.v1.CartService/AddItem"),
  );
  const { code, details } = JSON.parse(stderr) as {
    code: string;
    details: { type: string; value: string }[];
  };
  expect(code).toBe("aborted");
  const types = [ErrorInfoSchema, StockShortageSchema];
  expect(details.map(({ type }) => type)).toEqual(types.map(({ typeName }) => typeName));
  const [info, shortage] = details.map(({ value }) => Buffer.from(value, "base64"));
  expect(fromBinary(ErrorInfoSchema, info ?? Buffer.of())).toMatchObject({
    reason: "INSUFFICIENT_STOCK",
    domain: "rowlock.dev",
    metadata: { sku: "CURL", requested: "99", available: "7" },
  });
  expect(fromBinary(StockShortageSchema, shortage ?? Buffer.of()).lines).toMatchObject([
    { sku: "CURL", requested: 99n, available: 7n },
  ]);
});

test("is refused what services keep for themselves", async () => {
  const { stderr } = await curl(
    ...["-H", `authorization: Bearer ${shop.staff}`, "--data", '{"cartId":"x","orderId":"y"}'],
    url("rowlock.cart.v1.CartService/FreezeCart"),
  );
  expect(JSON.parse(stderr)).toMatchObject({ code: "permission_denied" });
});
