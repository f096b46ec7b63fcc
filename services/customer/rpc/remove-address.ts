import type { MethodImpl } from "@connectrpc/connect";
import { CustomerService } from "../../../gen/rowlock/customer/v1/customer_pb.js";
import { keyedCall, once } from "../../../lib/idempotency/idempotency.ts";
import { customerOf } from "../access.ts";
import type { CustomerDeps } from "../service.ts";
import { deleteAddress, makeNewestDefault } from "../store-address.ts";
import { lockProfile } from "../store-profile.ts";

const method = CustomerService.method.removeAddress;

/**
 * Removes an address under the lock of the profile; the newest of the others follows the default one.
 * Errors: ACCOUNT_REQUIRED, REQUEST_ID_REUSED.
 */
export function removeAddress({ db }: CustomerDeps): MethodImpl<typeof method> {
  return async (request, ctx) => {
    const customerId = customerOf(ctx);
    const call = keyedCall(method, request, ctx);
    return db.transaction((tx) =>
      once(tx, call, async () => {
        await lockProfile(tx, customerId);
        const wasDefault = await deleteAddress(tx, { customerId, id: request.addressId });
        if (wasDefault) await makeNewestDefault(tx, customerId);
        return {};
      }),
    );
  };
}
