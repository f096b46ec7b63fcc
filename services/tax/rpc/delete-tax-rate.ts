import type { MethodImpl } from "@connectrpc/connect";
import { TaxService } from "../../../gen/rowlock/tax/v1/tax_pb.js";
import { keyedCall, once } from "../../../lib/idempotency/idempotency.ts";
import type { TaxParts } from "../service.ts";
import { deleteRate } from "../store.ts";

/** Deletes a tax rate; one that is not there changes nothing. */
export function deleteTaxRate({ db, rates }: TaxParts): MethodImpl<typeof TaxService.method.deleteTaxRate> {
  return async (request, ctx) => {
    const call = keyedCall(TaxService.method.deleteTaxRate, request, ctx);
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
