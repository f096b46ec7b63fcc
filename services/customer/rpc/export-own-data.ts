import type { MethodImpl } from "@connectrpc/connect";
import type { CustomerService } from "../../../gen/rowlock/customer/v1/customer_pb.js";
import { outgoing } from "../../../lib/rpc/index.ts";
import { customerOf } from "../access.ts";
import { exportData } from "../export.ts";
import { unknownProfile } from "../profile.ts";
import type { CustomerDeps } from "../service.ts";
import { findProfile } from "../store-profile.ts";

/** Returns all that the shop knows of the caller. Errors: ACCOUNT_REQUIRED. */
export function exportOwnData(deps: CustomerDeps): MethodImpl<typeof CustomerService.method.exportOwnData> {
  return async (_, ctx) => {
    const id = customerOf(ctx);
    return exportData(deps, (await findProfile(deps.db, id)) ?? unknownProfile(id), outgoing(ctx));
  };
}
