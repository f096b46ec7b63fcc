import type { MethodImpl } from "@connectrpc/connect";
import { TaxService } from "../../../gen/rowlock/tax/v1/tax_pb.js";
import { invalidArgument } from "../../../lib/errors/reasons.ts";
import { keyedCall, once } from "../../../lib/idempotency/idempotency.ts";
import { newId } from "../../../lib/ids/ids.ts";
import { toTaxRate } from "../convert.ts";
import type { TaxParts } from "../service.ts";
import { insertRate } from "../store.ts";

/** Makes a tax rate. Safe to retry with a request_id. */
export function createTaxRate({
  db,
  clock,
  rates,
}: TaxParts): MethodImpl<typeof TaxService.method.createTaxRate> {
  return async (request, ctx) => {
    const { taxRate } = request;
    if (taxRate === undefined) {
      throw invalidArgument([{ field: "tax_rate", description: "value is required" }]);
    }
    const call = keyedCall(TaxService.method.createTaxRate, request, ctx);
    const made = await db.transaction((tx) =>
      once(tx, call, async () =>
        toTaxRate(await insertRate(tx, { id: newId("tax"), content: taxRate, now: clock() })),
      ),
    );
    rates.forget();
    return made;
  };
}
