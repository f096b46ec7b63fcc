import type { MethodImpl } from "@connectrpc/connect";
import type { CustomerService } from "../../../gen/rowlock/customer/v1/customer_pb.js";
import { customerOf } from "../access.ts";
import { toCustomer } from "../convert.ts";
import { unknownProfile } from "../profile.ts";
import type { CustomerDeps } from "../service.ts";
import { findProfile } from "../store-profile.ts";

/** Returns the caller's profile; an empty one until something is known. Errors: ACCOUNT_REQUIRED. */
export function getOwnProfile({ db }: CustomerDeps): MethodImpl<typeof CustomerService.method.getOwnProfile> {
  return async (_, ctx) => {
    const id = customerOf(ctx);
    return toCustomer((await findProfile(db, id)) ?? unknownProfile(id));
  };
}
