import { type CallOptions, createContextValues, type HandlerContext } from "@connectrpc/connect";
import { findCallState } from "./call-state.ts";
import { nobody, outgoingPrincipalKey, type Principal } from "./principal.ts";
import { failRpc } from "./reasons.ts";

/** Who calls the handler that was given this context. */
export function callerOf(ctx: HandlerContext): Principal {
  return findCallState(ctx.values)?.principal ?? ctx.values.get(outgoingPrincipalKey) ?? nobody;
}

/**
 * Call options that make a call in the name of `principal`, which the caller vouches for: unchecked
 * in process, signed between processes. Only for code that has authenticated the principal itself.
 */
export function asPrincipal(principal: Principal): Pick<CallOptions, "contextValues"> {
  return { contextValues: createContextValues().set(outgoingPrincipalKey, principal) };
}

/**
 * Lets only the owner of a resource, staff and services pass. `owner` is what was stored with the
 * resource: the digest of the guest's token, or the customer's id.
 * Errors: UNAUTHENTICATED without a credential; PERMISSION_DENIED, reason NOT_OWNER, with somebody else's.
 */
export function requireOwner(ctx: HandlerContext, owner: string): void {
  const caller = callerOf(ctx);
  switch (caller.kind) {
    case "staff":
    case "service":
      return;
    case "guest":
    case "customer":
      if (caller.id !== owner || owner === "") {
        throw failRpc("NOT_OWNER", {});
      }
      return;
    case "none":
      throw failRpc("UNAUTHENTICATED", {});
    default:
      caller.kind satisfies never;
      throw failRpc("UNAUTHENTICATED", {});
  }
}
