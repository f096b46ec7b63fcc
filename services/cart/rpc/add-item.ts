import { hash } from "node:crypto";
import type { MethodImpl } from "@connectrpc/connect";
import {
  type AddItemRequest,
  AddItemRequestSchema,
  type CartService,
} from "../../../gen/rowlock/cart/v1/cart_pb.js";
import { fingerprintOf } from "../../../lib/idempotency/idempotency.ts";
import { type CartDocument, type KeyedAdd, quantityOf, remembering, withQuantity } from "../cart.ts";
import { editCart } from "../change.ts";
import { fail } from "../reasons.ts";
import type { CartDeps } from "../service.ts";
import { requireSku } from "../sku.ts";

/**
 * Adds units of a SKU. A key that was used among the cart's last 64 keyed adds changes nothing, also
 * when the cart has been closed since: the answer is the cart as it is.
 */
export function addItem(deps: CartDeps): MethodImpl<typeof CartService.method.addItem> {
  return async (req, ctx) => {
    requireSku(req.sku);
    const keyed = keyedAdd(req);
    return editCart(deps, ctx, {
      cartId: req.cartId,
      sku: req.sku,
      repeated: (cart) => keyed !== undefined && isRepeated(cart, keyed, req.requestId),
      edit: (cart) => {
        const more = withQuantity(cart, req.sku, quantityOf(cart, req.sku) + Number(req.quantity));
        return keyed === undefined ? more : remembering(more, keyed);
      },
    });
  };
}

/** Digests, 128 bits each: bounded however long the key is, and no client's key is stored in clear. */
function keyedAdd(req: AddItemRequest): KeyedAdd | undefined {
  return req.requestId === ""
    ? undefined
    : {
        key: hash("sha256", req.requestId, "base64url").slice(0, 22),
        request: Buffer.from(fingerprintOf(AddItemRequestSchema, req)).toString("base64url").slice(0, 22),
      };
}

function isRepeated(cart: CartDocument, { key, request }: KeyedAdd, requestId: string): boolean {
  const first = cart.adds.find((add) => add.key === key);
  if (first !== undefined && first.request !== request) {
    throw fail("REQUEST_ID_REUSED", { request_id: requestId });
  }
  return first !== undefined;
}
