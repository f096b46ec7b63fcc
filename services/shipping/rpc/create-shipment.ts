import type { MessageShape } from "@bufbuild/protobuf";
import type { MethodImpl } from "@connectrpc/connect";
import {
  CreateShipmentRequestSchema,
  type Parcel,
  type ShippingService,
} from "../../../gen/rowlock/shipping/v1/shipping_pb.js";
import { invalidArgument } from "../../../lib/errors/reasons.ts";
import { fingerprintOf } from "../../../lib/idempotency/idempotency.ts";
import { MoneyError, minorDigits } from "../../../lib/money/money.ts";
import { boxFor } from "../box.ts";
import { toMessage } from "../convert.ts";
import { type Rated, rateShipment } from "../rate-shipment.ts";
import { fail } from "../reasons.ts";
import type { ShippingDeps, ShippingParts } from "../service.ts";
import { type Box, newShipment, type PostalAddress, type Shipment, type ShipmentItem } from "../shipment.ts";
import { findShipment, insertShipment } from "../store.ts";

type Request = MessageShape<typeof CreateShipmentRequestSchema>;

/**
 * Makes a shipment and fetches its rates. Idempotent by the shipment's id.
 * Rates are asked for before the id is looked up: asking is free, and a new
 * shipment, the usual case, so costs a single statement.
 * Errors: ADDRESS_REFUSED, CUSTOMS_DATA_MISSING, SHIPMENT_MISMATCH, PROVIDER_UNAVAILABLE.
 */
export function createShipment(
  deps: ShippingParts,
): MethodImpl<typeof ShippingService.method.createShipment> {
  const { db, clock } = deps;
  return async (req) => {
    requireCurrencies(req);
    const { shipmentId: id, orderId, currencyCode, contact } = req;
    const fingerprint = fingerprintOf(CreateShipmentRequestSchema, req);
    const items = itemsOf(req);
    const content = {
      ...{ id, orderId, fingerprint, items, currencyCode, address: addressOf(req) },
      contact: { email: contact?.email ?? "", phone: contact?.phone ?? "" },
      goodsTotal: req.goodsTotal?.amount ?? 0n,
    };
    const parcel = parcelOf(req, items);
    let rated: Rated;
    try {
      rated = await rateShipment(deps, { ...content, parcel });
    } catch (err) {
      const existing = await findSame(deps, id, fingerprint);
      if (existing !== undefined) return toMessage(existing);
      throw err;
    }
    const shipment = newShipment({ ...content, ...rated, now: clock() });
    if (await insertShipment(db, shipment)) return toMessage(shipment);
    const existing = await findSame(deps, id, fingerprint);
    if (existing === undefined) throw new Error(`shipment ${id} vanished`);
    return toMessage(existing);
  };
}

/** The shipment that an earlier call with this id made. Errors: SHIPMENT_MISMATCH. */
async function findSame(
  { db }: ShippingDeps,
  shipmentId: string,
  fingerprint: Uint8Array,
): Promise<Shipment | undefined> {
  const existing = await findShipment(db, shipmentId);
  if (existing !== undefined && Buffer.compare(existing.fingerprint, fingerprint) !== 0) {
    throw fail("SHIPMENT_MISMATCH", { shipment_id: shipmentId });
  }
  return existing;
}

function requireCurrencies({ currencyCode, goodsTotal, items }: Request): void {
  try {
    minorDigits(currencyCode);
  } catch (err) {
    if (!(err instanceof MoneyError)) throw err;
    throw invalidArgument([{ field: "currency_code", description: err.message }]);
  }
  const amounts = [
    { field: "goods_total", amount: goodsTotal },
    ...items.map(({ unitPrice: amount }, index) => ({ field: `items[${index}].unit_price`, amount })),
  ];
  const violations = amounts
    .filter(({ amount }) => amount !== undefined && amount.currencyCode !== currencyCode)
    .map(({ field }) => ({ field: `${field}.currency_code`, description: "is not currency_code" }));
  if (violations.length > 0) throw invalidArgument(violations);
}

// The validation rules require the address; a caller that gets past them is told so, too.
function addressOf({ address }: Request): PostalAddress {
  if (address === undefined) throw invalidArgument([{ field: "address", description: "value is required" }]);
  const { name, line1, line2, city, state, postalCode, countryCode } = address;
  return { name, line1, line2, city, state, postalCode, countryCode };
}

function itemsOf({ items }: Request): ShipmentItem[] {
  return items.map(({ sku, quantity, title, unit, unitPrice, ...declared }, index) => {
    if (unit === undefined) {
      throw invalidArgument([{ field: `items[${index}].unit`, description: "value is required" }]);
    }
    const price = Number(unitPrice?.amount ?? 0n);
    const { originCountryCode, tariffNumber } = declared;
    return {
      ...{ sku, quantity: Number(quantity), title, unit: plain(unit), unitPrice: price },
      ...(originCountryCode !== "" && { originCountryCode }),
      ...(tariffNumber !== "" && { tariffNumber }),
    };
  });
}

function parcelOf({ parcel }: Request, items: readonly ShipmentItem[]): Box {
  if (parcel !== undefined) return plain(parcel);
  if (items.length > 0) return boxFor(items);
  throw invalidArgument([{ field: "parcel", description: "value is required without items" }]);
}

function plain({ lengthMm, widthMm, heightMm, weightG }: Parcel): Box {
  return { lengthMm, widthMm, heightMm, weightG };
}
