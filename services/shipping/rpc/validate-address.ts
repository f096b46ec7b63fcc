import { durationFromMs } from "@bufbuild/protobuf/wkt";
import type { MethodImpl } from "@connectrpc/connect";
import { RetryInfoSchema } from "../../../gen/google/rpc/error_details_pb.js";
import {
  type ShippingService,
  ValidateAddressResponse_Verdict as Verdict,
} from "../../../gen/rowlock/shipping/v1/shipping_pb.js";
import { invalidArgument } from "../../../lib/errors/reasons.ts";
import { callerKey } from "../../../lib/idempotency/idempotency.ts";
import { createCheckLimit } from "../check-limit.ts";
import { fail } from "../reasons.ts";
import type { ShippingDeps } from "../service.ts";
import type { PostalAddress } from "../shipment.ts";

/** A buyer waits no longer for advice, in milliseconds. */
const patienceMs = 2_500;
/** So many checks a caller may ask for in a minute, of one process. */
const perMinute = 30;

const fieldNames: Record<keyof PostalAddress | "", string> = {
  name: "name",
  line1: "line1",
  line2: "line2",
  city: "city",
  state: "state",
  postalCode: "postal_code",
  countryCode: "country_code",
  "": "",
};

/** Asks whether post would arrive at an address; a provider that is away or slow has no opinion. Errors: TOO_MANY_CHECKS. */
export function validateAddress({
  carrier,
  clock,
  log,
}: ShippingDeps): MethodImpl<typeof ShippingService.method.validateAddress> {
  const limit = createCheckLimit({ clock, perMinute });
  return async (request, ctx) => {
    if (request.address === undefined) {
      throw invalidArgument([{ field: "address", description: "value is required" }]);
    }
    const { name, line1, line2, city, state, postalCode, countryCode } = request.address;
    const address: PostalAddress = { name, line1, line2, city, state, postalCode, countryCode };
    const waitMs = limit.take(callerKey(ctx));
    if (waitMs > 0) {
      const retry = { desc: RetryInfoSchema, value: { retryDelay: durationFromMs(waitMs) } };
      throw fail("TOO_MANY_CHECKS", { limit: String(perMinute) }, { details: [retry] });
    }
    try {
      const { valid, remarks, standard } = await carrier.checkAddress(address, { timeoutMs: patienceMs });
      return {
        verdict: valid ? Verdict.VALID : Verdict.INVALID,
        remarks: remarks.map(({ field, description }) => ({ field: fieldNames[field], description })),
        ...(differ(address, standard) && { suggestion: standard }),
      };
    } catch (err) {
      log.info({ err, provider: carrier.name }, "an address was not checked");
      return { verdict: Verdict.UNCHECKED };
    }
  };
}

/** Whether two addresses differ in more than letter case; a field that the provider leaves out is no suggestion. */
function differ(given: PostalAddress, standard: PostalAddress): boolean {
  const fields = Object.keys(given) as (keyof PostalAddress)[];
  return fields.some((field) => standard[field].toLowerCase() !== given[field].toLowerCase());
}
