import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import {
  type LedgerEntry,
  LedgerEntrySchema,
  type LocationSchema,
  Reservation_State,
  type ReservationLine,
  type Reservation as ReservationMessage,
  ReservationSchema,
  type StockAlertSchema,
  type StockItem,
  StockItemSchema,
  type StockLevelSchema,
  type StockShortageSchema,
  type StockSummarySchema,
} from "../../gen/rowlock/inventory/v1/inventory_pb.js";
import { available, type Line, type Reservation, type Shortage, type Stock } from "./stock.ts";
import type { StockAlert } from "./store-alert.ts";
import type { Location } from "./store-location.ts";
import type { StockSummary } from "./store-report.ts";
import type { LedgerRow } from "./store-stock.ts";
import type { StockLevel } from "./store-watch.ts";

export function toStockItem(stock: Stock): StockItem {
  return create(StockItemSchema, {
    sku: stock.sku,
    locationId: stock.locationId,
    onHand: stock.onHand,
    reserved: stock.reserved,
    available: available(stock),
    backorderLimit: stock.backorderLimit,
    updateTime: timestampFromDate(stock.updateTime),
  });
}

export function toLocation({
  createTime,
  updateTime,
  ...location
}: Location): MessageInitShape<typeof LocationSchema> {
  return {
    ...location,
    createTime: timestampFromDate(createTime),
    updateTime: timestampFromDate(updateTime),
  };
}

export function toStockAlert({
  createTime,
  resolveTime,
  ...alert
}: StockAlert): MessageInitShape<typeof StockAlertSchema> {
  return {
    ...alert,
    createTime: timestampFromDate(createTime),
    ...(resolveTime !== null && { resolveTime: timestampFromDate(resolveTime) }),
  };
}

export function toStockSummary({
  threshold,
  ...summary
}: StockSummary): MessageInitShape<typeof StockSummarySchema> {
  return threshold === null ? summary : { ...summary, threshold };
}

export function toStockLevel(
  sku: string,
  level: StockLevel | undefined,
): MessageInitShape<typeof StockLevelSchema> {
  if (level === undefined) return { sku };
  return { sku, available: level.available, updateTime: timestampFromDate(level.updateTime) };
}

export function toReservationMessage(reservation: Reservation): ReservationMessage {
  return create(ReservationSchema, {
    id: reservation.id,
    state: Reservation_State[reservation.state],
    lines: reservation.lines,
    expireTime: timestampFromDate(reservation.expireTime),
    createTime: timestampFromDate(reservation.createTime),
  });
}

export function toLedgerEntry(row: LedgerRow): LedgerEntry {
  return create(LedgerEntrySchema, {
    ...row,
    reservationId: row.reservationId ?? "",
    createTime: timestampFromDate(row.createTime),
  });
}

export function toShortageDetail(short: readonly Shortage[]): MessageInitShape<typeof StockShortageSchema> {
  return {
    lines: short.map(({ sku, requested, available, earliestExpiry }) => ({
      sku,
      requested,
      available,
      ...(earliestExpiry && { earliestExpiry: timestampFromDate(earliestExpiry) }),
    })),
  };
}

export function fromLines(lines: readonly ReservationLine[]): Line[] {
  return lines.map(({ sku, quantity }) => ({ sku, quantity }));
}
