import type { MethodImpl } from "@connectrpc/connect";
import type { AuthService } from "../../../gen/rowlock/auth/v1/auth_pb.js";
import { invalidCredentials, toPrincipalMessage } from "../../../lib/rpc/index.ts";
import type { AuthServiceDeps } from "../service.ts";

/** Says whose a credential is, for a service that was called with it directly. */
export function authenticate({
  findHolder,
}: Pick<AuthServiceDeps, "findHolder">): MethodImpl<typeof AuthService.method.authenticate> {
  return async ({ credential }) => {
    const holder = await findHolder(credential);
    if (holder === undefined) throw invalidCredentials("credential");
    return toPrincipalMessage(holder);
  };
}
