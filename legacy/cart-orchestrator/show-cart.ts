import type { HandlerContext } from "@connectrpc/connect";
import type { Cart as CoreCart } from "../../gen/rowlock/cart/v1/cart_pb.js";
import type { Cart } from "../../gen/rowlock/legacy/cart_orchestrator/v1/cart_orchestrator_pb.js";
import { outgoing } from "../../lib/rpc/index.ts";
import type { FacadeDeps } from "../facade.ts";
import { toCart } from "./convert.ts";
import { paymentMethodOf } from "./payment-method.ts";

/** A cart with the descriptions of its products, which carts do not keep. */
export async function showCart(
  { catalog }: Pick<FacadeDeps, "catalog">,
  ctx: HandlerContext,
  { id, cart, paymentMethod = paymentMethodOf(cart) }: { id: string; cart: CoreCart; paymentMethod?: string },
): Promise<Cart> {
  const productIds = [...new Set(cart.lines.map((line) => line.productId).filter((each) => each !== ""))];
  const { products } =
    productIds.length === 0
      ? { products: [] }
      : await catalog.batchGetProducts({ productIds }, outgoing(ctx));
  const descriptions = new Map(products.map((product) => [product.id, product.description]));
  return toCart(cart, { id, paymentMethod, descriptions });
}
