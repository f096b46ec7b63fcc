import type { MethodImpl } from "@connectrpc/connect";
import type { CustomerService } from "../../../gen/rowlock/customer/v1/customer_pb.js";
import { outgoing } from "../../../lib/rpc/index.ts";
import { exportData } from "../export.ts";
import { fail } from "../reasons.ts";
import type { CustomerDeps } from "../service.ts";
import { findProfile } from "../store-profile.ts";

/** Returns all that the shop knows of a customer. Errors: CUSTOMER_NOT_FOUND. */
export function exportCustomer(deps: CustomerDeps): MethodImpl<typeof CustomerService.method.exportCustomer> {
  return async ({ customerId }, ctx) => {
    const profile = await findProfile(deps.db, customerId);
    if (profile === undefined) throw fail("CUSTOMER_NOT_FOUND", { customer_id: customerId });
    return exportData(deps, profile, outgoing(ctx));
  };
}
