import { createHmac } from "node:crypto";
import type { CallOptions, HandlerContext } from "@connectrpc/connect";
import { sha256Hex } from "../lib/ids/ids.ts";
import { asPrincipal, outgoing, type Principal } from "../lib/rpc/index.ts";
import type { FacadeDeps } from "./facade.ts";

/** Who buys through a facade: to the core, a guest like any other. */
export interface Guest {
  readonly kind: "guest";
  readonly id: string;
}

/**
 * The guest behind a key of the facade's own: its client's cart id, customer id or session. Derived, so that a
 * facade keeps nothing; the guest's token is never handed out, so that its carts and orders are reached through
 * this facade alone. With another service key the guests are others.
 */
export function guestOf({ channel, secret }: Pick<FacadeDeps, "channel" | "secret">, key: string): Guest {
  const token = createHmac("sha256", secret).update(`legacy:${channel}:${key}`).digest("base64url");
  return { kind: "guest", id: sha256Hex(token) };
}

/** The options of a call that a handler makes in somebody's name. */
export function inNameOf(ctx: HandlerContext, principal: Principal): CallOptions {
  return { ...outgoing(ctx), ...asPrincipal(principal) };
}
