import { create } from "@bufbuild/protobuf";
import type { Validator } from "@bufbuild/protovalidate";
import type { MethodImpl } from "@connectrpc/connect";
import { CustomerSchema, CustomerService } from "../../../gen/rowlock/customer/v1/customer_pb.js";
import { keyedCall, once } from "../../../lib/idempotency/idempotency.ts";
import { readNamed } from "../../../lib/update-mask.ts";
import { customerOf } from "../access.ts";
import { etagOf, toCustomer } from "../convert.ts";
import { changeableFields } from "../profile.ts";
import { fail } from "../reasons.ts";
import type { CustomerDeps } from "../service.ts";
import { openProfile, updateProfile } from "../store-profile.ts";

const method = CustomerService.method.updateOwnProfile;

/**
 * Changes the fields that the mask names, on the locked row: of two updates with the same etag the second finds
 * another one and fails. Safe to retry with a request_id, etag or not.
 * Errors: ACCOUNT_REQUIRED, ETAG_MISMATCH, UPDATE_MASK_INVALID, REQUEST_ID_REUSED.
 */
export function updateOwnProfile({
  db,
  clock,
  validator,
}: CustomerDeps & { validator: Validator }): MethodImpl<typeof method> {
  return async (request, ctx) => {
    const id = customerOf(ctx);
    const { customer: resource = create(CustomerSchema), updateMask: mask } = request;
    const content = readNamed({
      schema: CustomerSchema,
      resource,
      field: "customer",
      mask,
      changeable: changeableFields,
      validator,
      fail,
    });
    const call = keyedCall(method, request, ctx);
    return db.transaction((tx) =>
      once(tx, call, async () => {
        const now = clock();
        const present = await openProfile(tx, { id, now });
        if (present === undefined) throw fail("ACCOUNT_REQUIRED", {});
        const etag = etagOf(present.revision);
        if (resource.etag !== "" && resource.etag !== etag) throw fail("ETAG_MISMATCH", { etag });
        return toCustomer(await updateProfile(tx, { id, content: { ...present, ...content }, now }));
      }),
    );
  };
}
