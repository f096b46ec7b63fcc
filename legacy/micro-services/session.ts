import type { HandlerContext } from "@connectrpc/connect";
import { invalidArgument } from "../../lib/errors/reasons.ts";
import { newToken } from "../../lib/ids/ids.ts";
import { findCookie } from "../../lib/rpc/index.ts";
import type { FacadeDeps } from "../facade.ts";
import { type Guest, guestOf } from "../guest.ts";

/** The header with which a client names its cart. */
export const cartIdHeader = "x-cart-id";

/** The cookie of a client's session. */
export const sessionCookie = "micro_services_session";

/** Long enough for any cart, which is forgotten 30 days after its last change. */
const cookieSeconds = 365 * 24 * 3_600;

/**
 * The guest whose cart a client has: by its header, else by its cookie; undefined for a client with neither.
 * A header never means another client's session, nor a session another's header.
 * Errors: INVALID_ARGUMENT for a header that is longer than 128 characters.
 */
export function findGuest(deps: FacadeDeps, { requestHeader }: HandlerContext): Guest | undefined {
  const cartId = requestHeader.get(cartIdHeader);
  if (cartId !== null && cartId !== "") {
    if (cartId.length > 128) {
      throw invalidArgument([{ field: cartIdHeader, description: "must have at most 128 characters" }]);
    }
    return guestOf(deps, `header:${cartId}`);
  }
  const session = findCookie(requestHeader.get("cookie"), sessionCookie);
  // What is no token of ours is not taken for one: a session that somebody else chose would be theirs, too.
  return session !== undefined && /^[\w-]{43}$/.test(session)
    ? guestOf(deps, `session:${session}`)
    : undefined;
}

/** The guest whose cart a client has; a client with neither header nor cookie is given a session. */
export function requireGuest(deps: FacadeDeps, ctx: HandlerContext): Guest {
  const known = findGuest(deps, ctx);
  if (known !== undefined) return known;
  const session = newToken();
  const secure = deps.publicUrl.startsWith("https:") ? "; Secure" : "";
  ctx.responseHeader.append(
    "set-cookie",
    `${sessionCookie}=${session}; Path=/api/cart; Max-Age=${cookieSeconds}; HttpOnly; SameSite=Lax${secure}`,
  );
  return guestOf(deps, `session:${session}`);
}
