import type { MethodImpl } from "@connectrpc/connect";
import type { AuthService } from "../../../gen/rowlock/auth/v1/auth_pb.js";
import { callerOf, toPrincipalMessage } from "../../../lib/rpc/index.ts";

/** Says who the caller is taken for. */
export function getCaller(): MethodImpl<typeof AuthService.method.getCaller> {
  return (_, ctx) => toPrincipalMessage(callerOf(ctx));
}
