import { InventoryService } from "../../gen/rowlock/inventory/v1/inventory_pb.js";
import type { Clock } from "../../lib/clock.ts";
import type { Db } from "../../lib/db/index.ts";
import { defineService, type ServiceModule } from "../../lib/rpc/index.ts";
import type { WatchSettings } from "../../lib/watch/index.ts";
import { adjustStock } from "./rpc/adjust-stock.ts";
import { checkAvailability } from "./rpc/check-availability.ts";
import { commit } from "./rpc/commit.ts";
import { createLocation } from "./rpc/create-location.ts";
import { eraseStockNotices } from "./rpc/erase-stock-notices.ts";
import { explainAvailability } from "./rpc/explain-availability.ts";
import { exportStockReport } from "./rpc/export-stock-report.ts";
import { extend } from "./rpc/extend.ts";
import { getReservation } from "./rpc/get-reservation.ts";
import { getStock } from "./rpc/get-stock.ts";
import { listLedger } from "./rpc/list-ledger.ts";
import { listLocations } from "./rpc/list-locations.ts";
import { listStock } from "./rpc/list-stock.ts";
import { listStockAlerts } from "./rpc/list-stock-alerts.ts";
import { reconcile } from "./rpc/reconcile.ts";
import { release } from "./rpc/release.ts";
import { reportStock } from "./rpc/report-stock.ts";
import { requestStockNotice } from "./rpc/request-stock-notice.ts";
import { reserve } from "./rpc/reserve.ts";
import { restock } from "./rpc/restock.ts";
import { setLowStockThreshold } from "./rpc/set-low-stock-threshold.ts";
import { setStock } from "./rpc/set-stock.ts";
import { transferStock } from "./rpc/transfer-stock.ts";
import { updateLocation } from "./rpc/update-location.ts";
import { watchStock } from "./rpc/watch-stock.ts";

/** What Inventory stands on. */
export interface InventoryDeps {
  db: Db;
  clock: Clock;
  /** Of `WatchStock`; its feed is to be that of `db` (`telling`). */
  watching?: WatchSettings;
}

/** Composes the Inventory service. */
export function createInventoryService(deps: InventoryDeps): ServiceModule {
  return {
    services: [
      defineService(InventoryService, {
        setStock: setStock(deps),
        adjustStock: adjustStock(deps),
        getStock: getStock(deps),
        listStock: listStock(deps),
        checkAvailability: checkAvailability(deps),
        reserve: reserve(deps),
        commit: commit(deps),
        release: release(deps),
        extend: extend(deps),
        restock: restock(deps),
        getReservation: getReservation(deps),
        listLedger: listLedger(deps),
        explainAvailability: explainAvailability(deps),
        reconcile: reconcile(deps),
        watchStock: watchStock(deps),
        createLocation: createLocation(deps),
        updateLocation: updateLocation(deps),
        listLocations: listLocations(deps),
        transferStock: transferStock(deps),
        setLowStockThreshold: setLowStockThreshold(deps),
        listStockAlerts: listStockAlerts(deps),
        requestStockNotice: requestStockNotice(deps),
        eraseStockNotices: eraseStockNotices(deps),
        reportStock: reportStock(deps),
        exportStockReport: exportStockReport(deps),
      }),
    ],
  };
}
