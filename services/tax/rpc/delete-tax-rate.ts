import type { MethodImpl } from "@connectrpc/connect";
import { TaxService } from "../../../gen/rowlock/tax/v1/tax_pb.js";
import { callerKey, once } from "../../../lib/idempotency/idempotency.ts";
import type { TaxParts } from "../service.ts";
import { deleteRate } from "../store.ts";

/** Deletes a tax rate; one that is not there changes nothing. */
export function deleteTaxRate({ db, rates }: TaxParts): MethodImpl<typeof TaxService.method.deleteTaxRate> {
  return async (request, ctx) => {
    const call = {
      method: TaxService.method.deleteTaxRate,
      caller: callerKey(ctx),
      key: request.requestId,
      request,
    };
    const done = await db.transaction((tx) =>
      once(tx, call, async () => {
        await deleteRate(tx, request.taxRateId);
        return {};
      }),
    );
    rates.forget();
    return done;
  };
}
