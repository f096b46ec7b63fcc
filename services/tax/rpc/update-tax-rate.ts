import type { Validator } from "@bufbuild/protovalidate";
import type { MethodImpl } from "@connectrpc/connect";
import { TaxRateSchema, TaxService } from "../../../gen/rowlock/tax/v1/tax_pb.js";
import { keyedCall, once } from "../../../lib/idempotency/idempotency.ts";
import { readNamed, required } from "../../../lib/update-mask.ts";
import { etagOf, toContent, toTaxRate } from "../convert.ts";
import { fail } from "../reasons.ts";
import type { TaxParts } from "../service.ts";
import { lockRate, updateRate } from "../store.ts";

const changeable = ["name", "countryCode", "region", "taxCategory", "rateMillionths", "included"] as const;

/**
 * Changes the fields that the mask names, on the locked row: of two updates with the same etag the second finds
 * another one and fails. Safe to retry with a request_id, etag or not.
 */
export function updateTaxRate({
  db,
  clock,
  rates,
  validator,
}: TaxParts & { validator: Validator }): MethodImpl<typeof TaxService.method.updateTaxRate> {
  return async (request, ctx) => {
    const resource = required(request.taxRate, "tax_rate");
    const { id: taxRateId, etag } = resource;
    const content = readNamed({
      schema: TaxRateSchema,
      resource,
      field: "tax_rate",
      mask: request.updateMask,
      changeable,
      validator,
      fail,
    });
    const call = keyedCall(TaxService.method.updateTaxRate, request, ctx);
    const updated = await db.transaction((tx) =>
      once(tx, call, async () => {
        const row = await lockRate(tx, taxRateId);
        if (row === undefined) throw fail("TAX_RATE_NOT_FOUND", { tax_rate_id: taxRateId });
        const present = etagOf(row.revision);
        if (etag !== "" && etag !== present) {
          throw fail("ETAG_MISMATCH", { tax_rate_id: taxRateId, etag: present });
        }
        const merged = { ...toContent(row), ...content };
        return toTaxRate(await updateRate(tx, { id: taxRateId, content: merged, now: clock() }));
      }),
    );
    rates.forget();
    return updated;
  };
}
