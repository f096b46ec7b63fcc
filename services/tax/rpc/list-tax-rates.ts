import type { MethodImpl } from "@connectrpc/connect";
import type { TaxService } from "../../../gen/rowlock/tax/v1/tax_pb.js";
import { decodePageToken, pageSizeOf, paginate } from "../../../lib/paging/paging.ts";
import { toTaxRate } from "../convert.ts";
import type { TaxParts } from "../service.ts";
import { listRatePage } from "../store.ts";

/** Lists tax rates by country, region, name and category. */
export function listTaxRates({ db }: TaxParts): MethodImpl<typeof TaxService.method.listTaxRates> {
  return async ({ countryCode, pageSize: requested, pageToken }) => {
    const filter = ["tax rates", countryCode];
    const cursor = decodePageToken({ token: pageToken, filter, like: ["text", "text", "text", "text"] });
    const [country, regionKey, name, taxCategory] = cursor ?? [];
    const pageSize = pageSizeOf(requested);
    const rows = await listRatePage(db, {
      countryCode,
      after:
        country === undefined || regionKey === undefined || name === undefined || taxCategory === undefined
          ? undefined
          : { countryCode: country, regionKey, name, taxCategory },
      limit: pageSize + 1,
    });
    const { page, nextPageToken } = paginate({
      rows,
      pageSize,
      filter,
      cursorOf: (row) => [row.country_code, row.region_key, row.name, row.tax_category],
    });
    return { taxRates: page.map(toTaxRate), nextPageToken };
  };
}
