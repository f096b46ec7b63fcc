import {
  type DescField,
  type DescMessage,
  type DescMethod,
  type DescService,
  getOption,
  hasOption,
  isFieldSet,
  type Message,
} from "@bufbuild/protobuf";
import type { ConnectError, Interceptor } from "@connectrpc/connect";
import { Access, access, field_access as fieldAccess, Role } from "../../../gen/rowlock/auth/v1/access_pb.js";
import { invalidArgument } from "../../errors/reasons.ts";
import { callStateOf, methodName } from "../call-state.ts";
import { nobody, type Principal } from "../principal.ts";
import { failRpc } from "../reasons.ts";
import { refuseStaff, roleTooSmall } from "../staff.ts";
import { mapEach } from "../streams.ts";

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

/** The fields of a method's input that only services may set. */
function internalFields(input: DescMessage): DescField[] {
  return input.fields.filter((field) => getOption(field, fieldAccess) === Access.SERVICE);
}

/** Refuses callers, and fields, that the method's contract does not name for them. Ownership is the handler's to check. */
export function checkAccess(): Interceptor {
  const known = new Map<DescMethod, { needed: Access; internal: readonly DescField[] }>();
  return (next) => (req) => {
    let rules = known.get(req.method);
    if (rules === undefined) {
      rules = { needed: accessOf(req.method), internal: internalFields(req.method.input) };
      known.set(req.method, rules);
    }
    const { needed, internal } = rules;
    const caller = callStateOf(req.contextValues).principal ?? nobody;
    const refusal = refuse(needed, caller, req.method);
    if (refusal !== undefined) return Promise.reject(refusal);
    if (internal.length === 0 || caller.kind === "service") return next(req);
    if (req.stream) {
      const checked = mapEach(req.message, (message) => {
        const refused = refuseInternal(message, internal);
        if (refused !== undefined) throw refused;
        return message;
      });
      return next({ ...req, message: checked });
    }
    const refused = refuseInternal(req.message, internal);
    return refused === undefined ? next(req) : Promise.reject(refused);
  };
}

function refuseInternal(message: Message, internal: readonly DescField[]): ConnectError | undefined {
  const violations = internal
    .filter((field) => isFieldSet(message, field))
    .map(({ name }) => ({ field: name, description: "is for services only" }));
  return violations.length === 0 ? undefined : invalidArgument(violations);
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
