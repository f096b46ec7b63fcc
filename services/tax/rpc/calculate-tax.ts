import type { MethodImpl } from "@connectrpc/connect";
import type { TaxService } from "../../../gen/rowlock/tax/v1/tax_pb.js";
import { invalidArgument } from "../../../lib/errors/reasons.ts";
import { calculate, readSale } from "../calculation.ts";
import { toCalculation } from "../convert.ts";
import type { TaxParts } from "../service.ts";

/** Says what the taxes on these lines and on the shipping come to, by rates that are at most a second old. */
export function calculateTax({ rates }: TaxParts): MethodImpl<typeof TaxService.method.calculateTax> {
  return async (request) => {
    const { address } = request;
    if (address === undefined) {
      throw invalidArgument([{ field: "address", description: "value is required" }]);
    }
    const sale = readSale(request);
    const ratesAt = await rates.get();
    return toCalculation(sale.currency, calculate(ratesAt(address), sale));
  };
}
