import type { MethodImpl } from "@connectrpc/connect";
import type { CustomerService } from "../../../gen/rowlock/customer/v1/customer_pb.js";
import { customerOf } from "../access.ts";
import { toSavedAddress } from "../convert.ts";
import type { CustomerDeps } from "../service.ts";
import { listAddresses } from "../store-address.ts";

/** Lists the caller's addresses, the default one first, then the newest. Errors: ACCOUNT_REQUIRED. */
export function listOwnAddresses({
  db,
}: CustomerDeps): MethodImpl<typeof CustomerService.method.listOwnAddresses> {
  return async (_, ctx) => ({
    addresses: (await listAddresses(db, customerOf(ctx))).map(toSavedAddress),
  });
}
