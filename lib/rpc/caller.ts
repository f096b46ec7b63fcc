import { type CallOptions, createContextValues, type HandlerContext } from "@connectrpc/connect";
import { findCallState } from "./call-state.ts";
import { nobody, outgoingPrincipalKey, type Principal } from "./principal.ts";
import { failRpc } from "./reasons.ts";
import { refuseStaff } from "./staff.ts";

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

/** Whether the caller of a method that is open to all may have what is for staff: a key that is for this method, or a service. */
export function actsAsStaff(ctx: HandlerContext): boolean {
  const caller = callerOf(ctx);
  return caller.kind === "staff" ? refuseStaff(caller, ctx.method) === undefined : caller.kind === "service";
}

/**
 * Lets only the owner of a resource, staff and services pass. `owner` is what was stored with the
 * resource: the digest of the guest's token, or the customer's id.
 * Errors: UNAUTHENTICATED without a credential; PERMISSION_DENIED, reason NOT_OWNER, with somebody else's, and
 * ROLE_TOO_SMALL or AREA_NOT_ALLOWED with a key that is not for the method.
 */
export function requireOwner(ctx: HandlerContext, owner: string): void {
  const caller = callerOf(ctx);
  switch (caller.kind) {
    case "staff": {
      const refusal = refuseStaff(caller, ctx.method);
      if (refusal !== undefined) {
        throw refusal;
      }
      return;
    }
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
      caller satisfies never;
      throw failRpc("UNAUTHENTICATED", {});
  }
}
