import type { MethodImpl } from "@connectrpc/connect";
import type { CustomerService } from "../../../gen/rowlock/customer/v1/customer_pb.js";
import { toCustomer } from "../convert.ts";
import { fail } from "../reasons.ts";
import type { CustomerDeps } from "../service.ts";
import { findProfile } from "../store-profile.ts";

/** Returns one customer. Errors: CUSTOMER_NOT_FOUND. */
export function getCustomer({ db }: CustomerDeps): MethodImpl<typeof CustomerService.method.getCustomer> {
  return async ({ customerId }) => {
    const profile = await findProfile(db, customerId);
    if (profile === undefined) throw fail("CUSTOMER_NOT_FOUND", { customer_id: customerId });
    return toCustomer(profile);
  };
}
