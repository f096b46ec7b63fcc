import { hash } from "node:crypto";
import type { DescMessage, DescMethodUnary, MessageShape } from "@bufbuild/protobuf";
import { fingerprintOf, methodName } from "../../lib/idempotency/idempotency.ts";
import type { CartDocument, StoredKey } from "./cart.ts";
import { fail } from "./reasons.ts";

/** The key that a change came with, and its digests as a cart remembers them. */
export interface ChangeKey extends Omit<StoredKey, "time"> {
  readonly requestId: string;
}

/**
 * The key of a request; undefined when it has none. Digests of 128 bits each: bounded however long the key is, and
 * no client's key is stored in clear.
 */
export function changeKey<I extends DescMessage>(
  method: DescMethodUnary<I, DescMessage>,
  request: MessageShape<I> & { readonly requestId: string },
): ChangeKey | undefined {
  const { requestId } = request;
  if (requestId === "") return undefined;
  return {
    requestId,
    key: hash("sha256", `${methodName(method)}\0${requestId}`, "base64url").slice(0, 22),
    request: Buffer.from(fingerprintOf(method.input, request)).toString("base64url").slice(0, 22),
  };
}

/**
 * Whether the cart remembers the change.
 * @throws REQUEST_ID_REUSED when the key was used with another request
 */
export function isRepeated(cart: CartDocument, { key, request, requestId }: ChangeKey): boolean {
  const first = cart.keys?.find((each) => each.key === key);
  if (first !== undefined && first.request !== request) {
    throw fail("REQUEST_ID_REUSED", { request_id: requestId });
  }
  return first !== undefined;
}
