import { timestampDate } from "@bufbuild/protobuf/wkt";
import type { MethodImpl } from "@connectrpc/connect";
import type { PaymentService } from "../../../gen/rowlock/payment/v1/payment_pb.js";
import { reconcilePayments } from "../reconcile.ts";
import type { PaymentDeps } from "../service.ts";

const dayMs = 86_400_000;

/** Compares payments with what the provider knows of them, and repairs what differs. Safe to retry. */
export function reconcile(deps: PaymentDeps): MethodImpl<typeof PaymentService.method.reconcile> {
  return async ({ dryRun, since }, { signal }) => {
    const from = since === undefined ? new Date(deps.clock().getTime() - dayMs) : timestampDate(since);
    const { checked, violations } = await reconcilePayments(deps, { dryRun, since: from, signal });
    return { checked: BigInt(checked), violations };
  };
}
