import { createHmac } from "node:crypto";
import { newId, sha256Hex } from "../../lib/ids/ids.ts";
import type { Principal } from "../../lib/rpc/index.ts";

/** Who a cart is. */
export interface CartIdentity {
  readonly id: string;
  /** The secret that opens it; empty for a customer's cart, which the account opens, and for one made for a guest. */
  readonly token: string;
  /** Whom it belongs to: the customer's id, or the digest of the guest's token, which alone is stored. */
  readonly owner: string;
}

/** A keyed CreateCart gives its caller's cart to whoever repeats the key, so a short key is refused. */
export const minCreationKeyLength = 16;

/**
 * Who a new cart is. The token is base64url(HMAC-SHA256(secret, cart id)): it can be given again
 * without being stored, and nobody without the secret can compute it. A keyed creation also derives
 * the id from caller and key, so that its repetition finds the same cart and answers the same. With
 * another secret, tokens given before still open their carts (their digests are stored), and a
 * repeated key makes a new cart. With `guestId` it is the cart of the guest whose token has this digest,
 * and keys are told apart by guest.
 */
export function newIdentity(init: {
  secret: string;
  caller: Principal;
  requestId: string;
  guestId?: string;
}): CartIdentity {
  const { secret, caller, requestId, guestId = "" } = init;
  const maker = [caller.kind, caller.id, ...(guestId === "" ? [] : [guestId])].join("\0");
  const id =
    requestId === ""
      ? newId("cart")
      : `cart_${hmac(secret, `create\0${maker}\0${requestId}`).toString("hex").slice(0, 32)}`;
  if (caller.kind === "customer") {
    return { id, token: "", owner: caller.id };
  }
  if (guestId !== "") {
    return { id, token: "", owner: guestId };
  }
  const token = hmac(secret, id).toString("base64url");
  return { id, token, owner: sha256Hex(token) };
}

/** Whether a text has the form of a cart's id; any other is no key to look up. */
export function isCartId(text: string): boolean {
  return /^cart_[0-9a-z]{1,59}$/.test(text);
}

function hmac(secret: string, text: string): Buffer {
  return createHmac("sha256", secret).update(text).digest();
}
