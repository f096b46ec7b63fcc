import type { HandlerContext } from "@connectrpc/connect";
import { newId, sha256Hex } from "../lib/ids/ids.ts";
import { outgoing } from "../lib/rpc/index.ts";
import { fromAmount } from "./amount.ts";
import type { FacadeDeps } from "./facade.ts";

/** A product of one variant, as the older APIs add it. */
export interface NewProduct {
  readonly name: string;
  /** In major units of the API's currency. */
  readonly price: number;
  /** Units on hand. */
  readonly quantity: bigint;
  readonly description?: string;
  /** Empty: one is made, the same for the same `requestId`. */
  readonly sku?: string;
  /** Idempotency key; may be empty. */
  readonly requestId: string;
}

/**
 * Makes a product and then its stock. With a key, the call after one that died in between sets the stock.
 * Errors: INVALID_ARGUMENT (the price), SKU_TAKEN, REQUEST_ID_REUSED.
 */
export async function createStockedProduct(
  { catalog, inventory, currencyCode, channel }: FacadeDeps,
  ctx: HandlerContext,
  { name, price, quantity, description = "", sku: given = "", requestId }: NewProduct,
): Promise<{ sku: string; available: bigint }> {
  const amount = fromAmount(price, { currencyCode, field: "price" });
  const sku = given || (requestId === "" ? newId("sku") : `sku_${digest(`${channel}:${requestId}`)}`);
  const product = { title: name, description, variants: [{ sku, prices: [{ currencyCode, amount }] }] };
  await catalog.createProduct({ product, requestId }, outgoing(ctx));
  const { available } = await inventory.setStock({ sku, onHand: quantity, requestId }, outgoing(ctx));
  return { sku, available };
}

function digest(text: string): string {
  return sha256Hex(text).slice(0, 26);
}
