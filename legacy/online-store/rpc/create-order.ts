import type { HandlerContext, MethodImpl } from "@connectrpc/connect";
import { type Cart, Cart_State } from "../../../gen/rowlock/cart/v1/cart_pb.js";
import type {
  CreateOrderRequest_Item,
  OnlineStoreService,
} from "../../../gen/rowlock/legacy/online_store/v1/online_store_pb.js";
import { invalidArgument } from "../../../lib/errors/reasons.ts";
import { newId } from "../../../lib/ids/ids.ts";
import { outgoing } from "../../../lib/rpc/index.ts";
import { setLines } from "../../cart.ts";
import type { FacadeDeps } from "../../facade.ts";
import { guestOf } from "../../guest.ts";
import { nameOf, textOf } from "../../text-value.ts";
import { resolveSkus } from "../../variant.ts";
import { customerKey, fromCart } from "../convert.ts";
import { fail } from "../reasons.ts";

/** An order that is not checked out is a cart of its own: a customer may have many. */
export function createOrder(deps: FacadeDeps): MethodImpl<typeof OnlineStoreService.method.createOrder> {
  const { carts } = deps;
  return async ({ customerId, items, requestId }, ctx) => {
    const customer = textOf(customerId, "customer_id");
    const quantities = await readItems(deps, ctx, items);
    const made = await makeCart(deps, ctx, { customer, requestId });
    if (requestId === "") return fromCart(await fill(made));
    const cart = await carts.getCart({ cartId: made.id }, outgoing(ctx));
    if (!isPartOf(cart, quantities)) throw fail("REQUEST_ID_REUSED", { request_id: requestId });
    return fromCart(cart.lines.length === quantities.size ? cart : await fill(cart));

    async function fill(cart: Cart): Promise<Cart> {
      const metadata = { [customerKey]: customer };
      if (customer !== "") await carts.setCartMetadata({ cartId: cart.id, metadata }, outgoing(ctx));
      return setLines(deps, ctx, { cart, quantities });
    }
  };
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

/** Whether the cart is what a call with these items has made, or was making when it died. */
function isPartOf(cart: Cart, quantities: ReadonlyMap<string, bigint>): boolean {
  const complete = cart.lines.length === quantities.size;
  return (
    (complete || cart.state === Cart_State.OPEN) &&
    cart.lines.every(({ sku, requestedQuantity }) => quantities.get(sku) === requestedQuantity)
  );
}
