import type { MethodImpl } from "@connectrpc/connect";
import { CustomerService } from "../../../gen/rowlock/customer/v1/customer_pb.js";
import { invalidArgument } from "../../../lib/errors/reasons.ts";
import { keyedCall, once } from "../../../lib/idempotency/idempotency.ts";
import { newId } from "../../../lib/ids/ids.ts";
import { customerOf } from "../access.ts";
import { toAddress, toSavedAddress } from "../convert.ts";
import { maxAddresses } from "../profile.ts";
import { fail } from "../reasons.ts";
import type { CustomerDeps } from "../service.ts";
import { clearDefault, countAddresses, insertAddress } from "../store-address.ts";
import { openProfile } from "../store-profile.ts";

const method = CustomerService.method.addAddress;

/**
 * Adds an address, counted under the lock of the profile; the first one is the default one.
 * Errors: ACCOUNT_REQUIRED, ADDRESS_BOOK_FULL, REQUEST_ID_REUSED.
 */
export function addAddress({ db, clock }: CustomerDeps): MethodImpl<typeof method> {
  return async (request, ctx) => {
    const customerId = customerOf(ctx);
    const { address, label } = request;
    // The validation rules require it; a caller that gets past them is told so, too.
    if (address === undefined)
      throw invalidArgument([{ field: "address", description: "value is required" }]);
    const call = keyedCall(method, request, ctx);
    return db.transaction((tx) =>
      once(tx, call, async () => {
        const now = clock();
        if ((await openProfile(tx, { id: customerId, now })) === undefined)
          throw fail("ACCOUNT_REQUIRED", {});
        const count = await countAddresses(tx, customerId);
        if (count >= maxAddresses) throw fail("ADDRESS_BOOK_FULL", { limit: String(maxAddresses) });
        if (request.default) await clearDefault(tx, { customerId });
        const saved = {
          id: newId("adr"),
          label,
          address: toAddress(address),
          isDefault: request.default || count === 0,
          createTime: now,
        };
        await insertAddress(tx, { customerId, saved });
        return toSavedAddress(saved);
      }),
    );
  };
}
