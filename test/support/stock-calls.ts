import { randomUUID } from "node:crypto";
import { expect } from "vitest";
import type { ContractCall } from "./contract-calls.ts";
import type { TestShop } from "./shop.ts";

type Shop = Pick<TestShop, "rest" | "staff">;

/** An id that no location has. */
export const newLocationId = () => `loc-${randomUUID()}`;

/** The id of a location without stock. */
export async function newLocation({ rest, staff }: Shop): Promise<string> {
  const body = { id: newLocationId(), name: "Attic" };
  expect((await rest("POST", "/v1/locations", { staff, body })).status).toBe(200);
  return body.id;
}

/** A SKU with so many units at `main`, of no product. */
export async function newStock({ rest, staff }: Shop, onHand: number): Promise<string> {
  const sku = `SKU-${randomUUID()}`;
  expect((await rest("POST", `/v1/stock/${sku}:set`, { staff, body: { onHand } })).status).toBe(200);
  return sku;
}

type Prepare = (shop: TestShop) => Promise<ContractCall>;

const examples: Prepare = async () => ({});

/** How the operations on locations, thresholds, reports and notices are called so that they succeed, by their ids. */
export const stockCalls: Record<string, Prepare> = {
  Inventory_CreateLocation: async () => ({ body: { id: newLocationId(), name: "Attic" } }),
  Inventory_UpdateLocation: async (shop) => ({
    path: { "location.id": await newLocation(shop) },
    body: { name: "Loft", priority: 2 },
  }),
  Inventory_ListLocations: examples,
  Inventory_TransferStock: async (shop) => ({
    path: { sku: await newStock(shop, 5) },
    body: { fromLocationId: "main", toLocationId: await newLocation(shop), quantity: 1 },
  }),
  Inventory_SetLowStockThreshold: async (shop) => ({ path: { sku: await newStock(shop, 5) } }),
  Inventory_ListStockAlerts: examples,
  Inventory_RequestStockNotice: async (shop) => ({
    path: { sku: await newStock(shop, 0) },
    body: { email: "ada@example.com" },
  }),
  Inventory_ReportStock: examples,
  Inventory_ExportStockReport: examples,
};
