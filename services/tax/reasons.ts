import { Code } from "@connectrpc/connect";
import { defineReasons } from "../../lib/errors/reasons.ts";

/** Everything that can go wrong in Tax, as callers see it. */
export const fail = defineReasons({
  TAX_RATE_NOT_FOUND: { code: Code.NotFound, message: "tax rate {tax_rate_id} does not exist" },
  /** The metadata names the place and the category, too; an empty region or category is all of them. */
  TAX_RATE_EXISTS: {
    code: Code.AlreadyExists,
    message: "there is a tax rate {name} for this place and category",
  },
  UPDATE_MASK_INVALID: { code: Code.InvalidArgument, message: "update_mask {description}" },
  /** The rate changed since the caller read it: read it again. */
  ETAG_MISMATCH: { code: Code.Aborted, message: "tax rate {tax_rate_id} has changed; its etag is {etag}" },
  CURRENCY_MIXED: {
    code: Code.InvalidArgument,
    message: "{field} is in {currency_code}, what comes before it in {expected}",
  },
});
