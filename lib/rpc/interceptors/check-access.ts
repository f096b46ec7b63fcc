import { type DescMethod, type DescService, getOption, hasOption } from "@bufbuild/protobuf";
import type { ConnectError, Interceptor } from "@connectrpc/connect";
import { Access, access, Role } from "../../../gen/rowlock/auth/v1/access_pb.js";
import { callStateOf, methodName } from "../call-state.ts";
import { nobody, type Principal } from "../principal.ts";
import { failRpc } from "../reasons.ts";
import { refuseStaff, roleTooSmall } from "../staff.ts";

/**
 * Who may call a method, from its contract.
 * @throws Error when the contract does not say: such a service must not start.
 */
export function accessOf(method: DescMethod): Access {
  const value = hasOption(method, access) ? getOption(method, access) : Access.UNSPECIFIED;
  if (value === Access.UNSPECIFIED) {
    throw new Error(`${methodName(method)} does not say who may call it (rowlock.auth.v1.access)`);
  }
  return value;
}

/** Reads the access option of every method, so that a missing one is found at start. */
export function requireAccessOptions(services: readonly DescService[]): void {
  for (const service of services) {
    service.methods.forEach(accessOf);
  }
}

/** Refuses callers that the method's contract does not name. Ownership is the handler's to check. */
export function checkAccess(): Interceptor {
  const known = new Map<DescMethod, Access>();
  return (next) => (req) => {
    let needed = known.get(req.method);
    if (needed === undefined) {
      needed = accessOf(req.method);
      known.set(req.method, needed);
    }
    const caller = callStateOf(req.contextValues).principal ?? nobody;
    const refusal = refuse(needed, caller, req.method);
    return refusal === undefined ? next(req) : Promise.reject(refusal);
  };
}

/** Why a caller may not call a method that needs this; undefined when it may. */
export function refuse(needed: Access, caller: Principal, method: DescMethod): ConnectError | undefined {
  if (needed === Access.PUBLIC) {
    return undefined;
  }
  if (caller.kind === "none") {
    return failRpc("UNAUTHENTICATED", {});
  }
  if (!admits(needed, caller.kind)) {
    return failRpc("PERMISSION_DENIED", { method: methodName(method) });
  }
  if (caller.kind !== "staff") {
    return undefined;
  }
  return needed === Access.ADMIN && caller.role !== Role.ADMIN
    ? roleTooSmall(caller, method)
    : refuseStaff(caller, method);
}

function admits(needed: Access, kind: Exclude<Principal["kind"], "none">): boolean {
  switch (needed) {
    case Access.PUBLIC:
    case Access.CUSTOMER:
      return true;
    case Access.STAFF:
      return kind === "staff" || kind === "service";
    case Access.ADMIN:
      return kind === "staff";
    case Access.SERVICE:
      return kind === "service";
    case Access.UNSPECIFIED:
      return false;
    default:
      needed satisfies never;
      return false;
  }
}
