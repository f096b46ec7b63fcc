import type { CallOptions, Client } from "@connectrpc/connect";
import type { CatalogService, SellableVariant } from "../../gen/rowlock/catalog/v1/catalog_pb.js";
import type { InventoryService } from "../../gen/rowlock/inventory/v1/inventory_pb.js";
import { answered } from "./answered.ts";
import type { CartDocument } from "./cart.ts";

/** The other services, narrowed to what pricing a cart needs. */
export interface OfferSources {
  readonly catalog: Pick<Client<typeof CatalogService>, "batchGetVariants">;
  readonly inventory: Pick<Client<typeof InventoryService>, "checkAvailability">;
}

/** What the shop offered at one moment of the SKUs it was asked for. */
export interface Offers {
  /** By SKU, those on sale. */
  readonly variants: ReadonlyMap<string, SellableVariant>;
  /** Units that can be reserved, by SKU; undefined when stock was not asked for. */
  readonly available: ReadonlyMap<string, bigint> | undefined;
}

const nothing: Offers = { variants: new Map(), available: new Map() };

/** The offers of all SKUs of a cart: one call to each service, at the same time; none for an empty cart. */
export async function findOffers(
  sources: OfferSources,
  cart: CartDocument,
  options: CallOptions,
): Promise<Offers> {
  if (cart.lines.length === 0) {
    return nothing;
  }
  const [variants, available] = await Promise.all([
    findVariants(sources, cart, options),
    findAvailable(sources, cart, options),
  ]);
  return { variants, available };
}

/** As `findOffers`, without the stock. */
export async function findPrices(
  sources: OfferSources,
  cart: CartDocument,
  options: CallOptions,
): Promise<Offers> {
  return cart.lines.length === 0
    ? { ...nothing, available: undefined }
    : { variants: await findVariants(sources, cart, options), available: undefined };
}

/** Whether the offers were asked for every SKU of the cart with stock: then they need not be asked for again. */
export function covers(offers: Offers, cart: CartDocument): boolean {
  return cart.lines.every((line) => offers.available?.has(line.sku));
}

async function findVariants(
  { catalog }: OfferSources,
  cart: CartDocument,
  options: CallOptions,
): Promise<Map<string, SellableVariant>> {
  const skus = cart.lines.map((line) => line.sku);
  const { variants } = await answered("Catalog", catalog.batchGetVariants({ skus }, options));
  return new Map(variants.flatMap((each) => (each.variant ? [[each.variant.sku, each] as const] : [])));
}

async function findAvailable(
  { inventory }: OfferSources,
  cart: CartDocument,
  options: CallOptions,
): Promise<Map<string, bigint>> {
  const wanted = cart.lines.map(({ sku, quantity }) => ({ sku, quantity: BigInt(quantity) }));
  const { lines } = await answered("Inventory", inventory.checkAvailability({ lines: wanted }, options));
  const available = new Map(wanted.map(({ sku }) => [sku, 0n]));
  for (const line of lines) {
    available.set(line.sku, line.available > 0n ? line.available : 0n);
  }
  return available;
}
