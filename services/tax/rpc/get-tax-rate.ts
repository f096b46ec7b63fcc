import type { MethodImpl } from "@connectrpc/connect";
import type { TaxService } from "../../../gen/rowlock/tax/v1/tax_pb.js";
import { toTaxRate } from "../convert.ts";
import { fail } from "../reasons.ts";
import type { TaxParts } from "../service.ts";
import { findRate } from "../store.ts";

/** Returns one tax rate, as it stands in the table. */
export function getTaxRate({ db }: TaxParts): MethodImpl<typeof TaxService.method.getTaxRate> {
  return async ({ taxRateId }) => {
    const row = await findRate(db, taxRateId);
    if (row === undefined) throw fail("TAX_RATE_NOT_FOUND", { tax_rate_id: taxRateId });
    return toTaxRate(row);
  };
}
