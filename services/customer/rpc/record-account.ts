import { timestampDate } from "@bufbuild/protobuf/wkt";
import type { MethodImpl } from "@connectrpc/connect";
import type { CustomerService } from "../../../gen/rowlock/customer/v1/customer_pb.js";
import { toCustomer } from "../convert.ts";
import { fail } from "../reasons.ts";
import type { CustomerDeps } from "../service.ts";
import { recordProfile } from "../store-profile.ts";

/** Takes over what the account says of the customer; again changes nothing. Errors: CUSTOMER_ERASED. */
export function recordAccount({
  db,
  clock,
}: CustomerDeps): MethodImpl<typeof CustomerService.method.recordAccount> {
  return async ({ customerId: id, email, emailVerified, name, createTime }) => {
    const made = createTime === undefined ? null : timestampDate(createTime);
    const profile = await recordProfile(db, {
      id,
      email,
      emailVerified,
      name,
      createTime: made,
      now: clock(),
    });
    if (profile === undefined) throw fail("CUSTOMER_ERASED", { customer_id: id });
    return toCustomer(profile);
  };
}
