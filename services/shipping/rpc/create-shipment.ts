import type { MessageShape } from "@bufbuild/protobuf";
import type { MethodImpl } from "@connectrpc/connect";
import {
  CreateShipmentRequestSchema,
  type ShippingService,
} from "../../../gen/rowlock/shipping/v1/shipping_pb.js";
import { invalidArgument } from "../../../lib/errors/reasons.ts";
import { fingerprintOf } from "../../../lib/idempotency/idempotency.ts";
import { MoneyError, minorDigits } from "../../../lib/money/money.ts";
import { CarrierRefused, CarrierUnavailable, type Consignment, type Quote } from "../carrier.ts";
import { toMessage } from "../convert.ts";
import { toRates } from "../rates.ts";
import { fail } from "../reasons.ts";
import type { ShippingDeps } from "../service.ts";
import type { PostalAddress, Shipment } from "../shipment.ts";
import { findShipment, insertShipment } from "../store.ts";

type Request = MessageShape<typeof CreateShipmentRequestSchema>;

/**
 * Makes a shipment and fetches its rates. Idempotent by the shipment's id.
 * Rates are asked for before the id is looked up: asking is free, and a new
 * shipment, the usual case, so costs a single statement.
 * Errors: ADDRESS_REFUSED, SHIPMENT_MISMATCH, PROVIDER_UNAVAILABLE.
 */
export function createShipment(deps: ShippingDeps): MethodImpl<typeof ShippingService.method.createShipment> {
  const { db, clock, log, carrier } = deps;
  return async (req) => {
    requireCurrency(req.currencyCode);
    const address = addressOf(req);
    const fingerprint = fingerprintOf(CreateShipmentRequestSchema, req);
    let quote: Quote;
    try {
      quote = await carrier.quote(consignmentOf(req, address));
      if (quote.rates.length === 0)
        throw new CarrierRefused(quote.remarks || "no carrier takes this parcel there");
    } catch (err) {
      const existing = await findSame(deps, req.shipmentId, fingerprint);
      if (existing !== undefined) return toMessage(existing);
      throw translate(err, carrier.name);
    }
    const { rates, unusable } = toRates(quote.rates, req.currencyCode);
    for (const { carrier: by, service, amount, currencyCode } of unusable) {
      log.warn(
        { shipmentId: req.shipmentId, by, service, amount, currencyCode },
        "a rate cannot be expressed exactly",
      );
    }
    const now = clock();
    const shipment: Shipment = {
      id: req.shipmentId,
      orderId: req.orderId,
      state: "RATED",
      fingerprint,
      address,
      rates,
      rateId: "",
      providerId: quote.providerId,
      trackingNumber: "",
      trackingUrl: "",
      labelUrl: "",
      buyAttempts: 0,
      buyingUntil: null,
      doubtfulRates: [],
      createTime: now,
      updateTime: now,
    };
    if (await insertShipment(db, shipment)) return toMessage(shipment);
    const existing = await findSame(deps, req.shipmentId, fingerprint);
    if (existing === undefined) throw new Error(`shipment ${req.shipmentId} vanished`);
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

function translate(err: unknown, provider: string): unknown {
  if (err instanceof CarrierRefused) return fail("ADDRESS_REFUSED", { message: err.message }, { cause: err });
  if (err instanceof CarrierUnavailable) return fail("PROVIDER_UNAVAILABLE", { provider }, { cause: err });
  return err;
}

function requireCurrency(currencyCode: string): void {
  try {
    minorDigits(currencyCode);
  } catch (err) {
    if (!(err instanceof MoneyError)) throw err;
    throw invalidArgument([{ field: "currency_code", description: err.message }]);
  }
}

// The validation rules require address and parcel; a caller that gets past them is told so, too.
function addressOf({ address }: Request): PostalAddress {
  if (address === undefined) throw invalidArgument([{ field: "address", description: "value is required" }]);
  const { name, line1, line2, city, state, postalCode, countryCode } = address;
  return { name, line1, line2, city, state, postalCode, countryCode };
}

function consignmentOf({ shipmentId, contact, parcel }: Request, address: PostalAddress): Consignment {
  if (parcel === undefined) throw invalidArgument([{ field: "parcel", description: "value is required" }]);
  const { lengthMm, widthMm, heightMm, weightG } = parcel;
  return {
    shipmentId,
    to: { ...address, phone: contact?.phone ?? "", email: contact?.email ?? "" },
    parcel: { lengthMm, widthMm, heightMm, weightG },
  };
}
