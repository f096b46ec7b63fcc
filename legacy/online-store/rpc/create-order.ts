import type { HandlerContext, MethodImpl } from "@connectrpc/connect";
import type { Cart } from "../../../gen/rowlock/cart/v1/cart_pb.js";
import type {
  CreateOrderRequest_Item,
  OnlineStoreService,
} from "../../../gen/rowlock/legacy/online_store/v1/online_store_pb.js";
import { invalidArgument } from "../../../lib/errors/reasons.ts";
import { newId, sha256Hex } from "../../../lib/ids/ids.ts";
import { outgoing } from "../../../lib/rpc/index.ts";
import { setLines } from "../../cart.ts";
import type { FacadeDeps } from "../../facade.ts";
import { guestOf } from "../../guest.ts";
import { requireOrder } from "../../order.ts";
import { nameOf, textOf } from "../../text-value.ts";
import { resolveSkus } from "../../variant.ts";
import { customerKey, fromCart, fromOrder } from "../convert.ts";
import { fail } from "../reasons.ts";

/** An order that is not checked out is a cart of its own: a customer may have many. */
export function createOrder(deps: FacadeDeps): MethodImpl<typeof OnlineStoreService.method.createOrder> {
  const { carts } = deps;
  return async ({ customerId, items, requestId }, ctx) => {
    const customer = textOf(customerId, "customer_id");
    const quantities = await readItems(deps, ctx, items);
    const made = await makeCart(deps, ctx, { customer, requestId });
    // A repeated key is answered with the cart as it was made.
    const cart = requestId === "" ? made : await carts.getCart({ cartId: made.id }, outgoing(ctx));
    const metadata = {
      ...(customer !== "" && { [customerKey]: customer }),
      ...(requestId !== "" && { [itemsKey]: digestOf(quantities) }),
    };
    const kept = cart.metadata[itemsKey];
    if (kept !== undefined && kept !== metadata[itemsKey]) {
      throw fail("REQUEST_ID_REUSED", { request_id: requestId });
    }
    if (cart.orderId !== "") return fromOrder(await requireOrder(deps, ctx, cart.orderId));
    if (kept === undefined && Object.keys(metadata).length > 0) {
      await carts.setCartMetadata({ cartId: cart.id, metadata }, outgoing(ctx));
    }
    return fromCart(await setLines(deps, ctx, { cart, quantities }));
  };
}

/** Under what a cart made with a key keeps what was ordered first, to tell a repetition from another request. */
const itemsKey = "items";

function digestOf(quantities: ReadonlyMap<string, bigint>): string {
  return sha256Hex(JSON.stringify([...quantities].map(([sku, quantity]) => [sku, String(quantity)])));
}

async function readItems(
  deps: FacadeDeps,
  ctx: HandlerContext,
  items: readonly CreateOrderRequest_Item[],
): Promise<Map<string, bigint>> {
  const names = items.map(({ productId }, i) => nameOf(productId, `items[${i}].product_id`));
  const skus = await resolveSkus(deps, ctx, names);
  const quantities = new Map(skus.map((sku, i) => [sku, items[i]?.quantity ?? 0n]));
  if (quantities.size === skus.length) return quantities;
  throw invalidArgument([{ field: "items", description: "each product may stand once" }]);
}

/** A new cart, or with the key of an earlier call that call's. The core tells the keys of customers apart. */
async function makeCart(
  deps: FacadeDeps,
  ctx: HandlerContext,
  { customer, requestId }: { customer: string; requestId: string },
): Promise<Cart> {
  const { carts, channel, currencyCode } = deps;
  const unknown = customer === "" && requestId === "";
  const { id: guestId } = guestOf(deps, unknown ? newId("cus") : `customer:${customer}`);
  return carts.createCart({ channel, currencyCode, guestId, requestId }, outgoing(ctx));
}
