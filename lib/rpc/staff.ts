import type { DescMethod } from "@bufbuild/protobuf";
import { MethodOptions_IdempotencyLevel } from "@bufbuild/protobuf/wkt";
import type { ConnectError } from "@connectrpc/connect";
import { Role } from "../../gen/rowlock/auth/v1/access_pb.js";
import { methodName } from "./call-state.ts";
import type { StaffPrincipal } from "./principal.ts";
import { failRpc } from "./reasons.ts";

/** Why a key may not be used for a method that is open to staff; undefined when it may. */
export function refuseStaff({ role, areas }: StaffPrincipal, method: DescMethod): ConnectError | undefined {
  if (role === Role.ADMIN) {
    return undefined;
  }
  const area = areaOf(method);
  if (areas.length > 0 && !areas.includes(area)) {
    return failRpc("AREA_NOT_ALLOWED", { area });
  }
  const reads = method.idempotency === MethodOptions_IdempotencyLevel.NO_SIDE_EFFECTS;
  const enough = role === Role.EDITOR || (role === Role.VIEWER && reads);
  return enough ? undefined : roleTooSmall({ role }, method);
}

/** The refusal of a key whose role does not reach. */
export function roleTooSmall({ role }: Pick<StaffPrincipal, "role">, method: DescMethod): ConnectError {
  return failRpc("ROLE_TOO_SMALL", { method: methodName(method), role: Role[role] ?? "UNSPECIFIED" });
}

/** `catalog` for a method of `rowlock.catalog.v1`. */
function areaOf(method: DescMethod): string {
  return method.parent.file.proto.package.split(".")[1] ?? "";
}
