import type { MethodImpl } from "@connectrpc/connect";
import { CustomerService } from "../../../gen/rowlock/customer/v1/customer_pb.js";
import { invalidArgument } from "../../../lib/errors/reasons.ts";
import { keyedCall, once } from "../../../lib/idempotency/idempotency.ts";
import { customerOf } from "../access.ts";
import { toAddress, toSavedAddress } from "../convert.ts";
import { fail } from "../reasons.ts";
import type { CustomerDeps } from "../service.ts";
import { clearDefault, updateAddress } from "../store-address.ts";
import { lockProfile } from "../store-profile.ts";

const method = CustomerService.method.replaceAddress;

/**
 * Replaces an address under the lock of the profile, and makes it the default one if asked to.
 * Errors: ACCOUNT_REQUIRED, ADDRESS_NOT_FOUND, REQUEST_ID_REUSED.
 */
export function replaceAddress({ db }: CustomerDeps): MethodImpl<typeof method> {
  return async (request, ctx) => {
    const customerId = customerOf(ctx);
    const { addressId: id, address, label, default: makeDefault } = request;
    // The validation rules require it; a caller that gets past them is told so, too.
    if (address === undefined)
      throw invalidArgument([{ field: "address", description: "value is required" }]);
    const call = keyedCall(method, request, ctx);
    return db.transaction((tx) =>
      once(tx, call, async () => {
        await lockProfile(tx, customerId);
        if (makeDefault) await clearDefault(tx, { customerId, except: id });
        const change = { customerId, id, label, address: toAddress(address), makeDefault };
        const replaced = await updateAddress(tx, change);
        if (replaced === undefined) throw fail("ADDRESS_NOT_FOUND", { address_id: id });
        return toSavedAddress(replaced);
      }),
    );
  };
}
