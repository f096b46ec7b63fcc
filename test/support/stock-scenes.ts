import type { Scene } from "./scene.ts";
import type { TestShop } from "./shop.ts";
import { newLocation, newLocationId, newStock } from "./stock-calls.ts";

/** A scene for each keyed method of locations, transfers, thresholds and notices. */
export const stockScenes: Record<string, (shop: TestShop) => Promise<Scene>> = {
  "inventory.v1.InventoryService/CreateLocation": async () => ({
    known: { "rowlock.inventory.v1.Location.id": newLocationId() },
    other: { name: "other" },
  }),
  "inventory.v1.InventoryService/UpdateLocation": async (shop) => ({
    known: { "rowlock.inventory.v1.Location.id": await newLocation(shop), update_mask: "name" },
    other: { name: "other" },
  }),
  "inventory.v1.InventoryService/TransferStock": async (shop) => {
    const sku = await newStock(shop, 10);
    const ways = { from_location_id: "main", to_location_id: await newLocation(shop) };
    const effects = async () => 10 - (await shop.stock(sku)).onHand;
    return { known: { sku, ...ways, quantity: 1 }, other: { quantity: 2 }, effects };
  },
  "inventory.v1.InventoryService/SetLowStockThreshold": async (shop) => ({
    known: { sku: await newStock(shop, 5), threshold: 1 },
    other: { threshold: 2 },
  }),
  "inventory.v1.InventoryService/RequestStockNotice": async (shop) => ({
    known: { sku: await newStock(shop, 0) },
    other: { email: "grace@example.com" },
  }),
};
