import type { MethodImpl } from "@connectrpc/connect";
import {
  type InventoryService,
  StockViolation_Kind,
} from "../../../gen/rowlock/inventory/v1/inventory_pb.js";
import type { ViolationKind } from "../reconcile.ts";
import { reconcileStock } from "../reconcile-stock.ts";
import type { InventoryDeps } from "../service.ts";

/** Reports what does not agree between counters, holds, reservations and ledger, and puts it right. */
export function reconcile({
  db,
  clock,
}: InventoryDeps): MethodImpl<typeof InventoryService.method.reconcile> {
  return async ({ dryRun, skus }, { signal }) => {
    const { checked, violations } = await reconcileStock({ db, clock, skus, dryRun, signal });
    return {
      checked: BigInt(checked),
      violations: violations.map((violation) => ({
        ...violation,
        kind: kindOf(violation.kind),
      })),
    };
  };
}

/** Units owed are what was taken off the backorder limit: the contract has one kind for both. */
function kindOf(kind: ViolationKind): StockViolation_Kind {
  return StockViolation_Kind[kind === "OWED_NOT_LEDGER" ? "BACKORDER_NOT_LEDGER" : kind];
}
