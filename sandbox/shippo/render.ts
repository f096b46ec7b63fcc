import { renderCustoms } from "./customs.ts";
import {
  type AddressRecord,
  directionOf,
  type LabelRefundRecord,
  type ParcelRecord,
  rateId,
  type ShipmentRecord,
  type TrackingStatus,
  type TransactionRecord,
  trackingStatus,
} from "./records.ts";
import { amountText, attributesOf, CARRIER_ACCOUNTS, currencyOf, serviceOf } from "./tariff.ts";
import { trackingUrl } from "./tracking-number.ts";

const OWNER = "sandbox@rowlock.dev";

function stamp(record: { id: string; created: number; updated?: number }) {
  return {
    object_id: record.id,
    object_owner: OWNER,
    object_created: new Date(record.created).toISOString(),
    object_updated: new Date(record.updated ?? record.created).toISOString(),
    test: true,
  };
}

export function renderAddress(address: AddressRecord): object {
  const { fields } = address;
  const complete = Boolean(
    fields.name && fields.street1 && fields.city && fields.country && (fields.zip || fields.country !== "US"),
  );
  return {
    ...stamp(address),
    ...fields,
    // The post writes its states in capitals.
    ...(address.validated && fields.state && { state: fields.state.toUpperCase() }),
    is_complete: complete,
    ...(address.validated && { validation_results: validationResults(address, complete) }),
  };
}

function validationResults({ fields }: AddressRecord, complete: boolean): object {
  const badZip = fields.country === "US" && !/^\d{5}(-\d{4})?$/.test(fields.zip ?? "");
  if (complete && !badZip) return { is_valid: true, messages: [] };
  const text = badZip
    ? "The zip code is not a zip code of the United States."
    : "The address is not complete.";
  return {
    is_valid: false,
    messages: [{ source: "Shippo Address Validator", code: "address_error", type: "address_error", text }],
  };
}

export function renderParcel(parcel: ParcelRecord): object {
  return { ...stamp(parcel), object_state: "VALID", ...parcel.fields };
}

/** `queued` is how an asynchronous shipment looks when it was just made. */
export function renderShipment(shipment: ShipmentRecord, { queued = false } = {}): object {
  return {
    ...stamp(shipment),
    status: queued ? "QUEUED" : "SUCCESS",
    metadata: shipment.metadata,
    address_from: renderAddress(shipment.from),
    address_to: renderAddress(shipment.to),
    address_return: renderAddress(shipment.back ?? shipment.from),
    parcels: shipment.parcels.map(renderParcel),
    rates: queued ? [] : renderRates(shipment),
    messages: queued ? [] : shipment.messages,
    carrier_accounts: [],
    ...(shipment.shipment_date && { shipment_date: shipment.shipment_date }),
    ...(shipment.customs && { customs_declaration: renderCustoms(shipment) }),
    ...(shipment.extra && { extra: shipment.extra }),
  };
}

/** Rates with `amount_local` in the receiver's currency, or in `currency`. */
export function renderRates(shipment: ShipmentRecord, { currency }: { currency?: string } = {}): object[] {
  return shipment.rates.map((_, index) => renderRate(shipment, { index, currency }));
}

export function renderRate(
  shipment: ShipmentRecord,
  { index, currency }: { index: number; currency?: string | undefined },
): object {
  const rate = shipment.rates[index];
  if (!rate) throw new Error(`shipment ${shipment.id} has no rate ${index}`);
  const service = serviceOf(rate);
  const own = currencyOf(shipment.from.fields.country);
  const local = currency ?? currencyOf(shipment.to.fields.country);
  const { object_updated: _, ...made } = stamp({ id: rateId(shipment.id, index), created: shipment.created });
  return {
    ...made,
    shipment: shipment.id,
    attributes: attributesOf(shipment.rates, rate),
    amount: amountText(rate, { from: own, to: own }),
    currency: own,
    amount_local: amountText(rate, { from: own, to: local }),
    currency_local: local,
    provider: service.carrier,
    provider_image_75: `https://shippo-static.s3.amazonaws.com/providers/75/${image(service.carrier)}.png`,
    provider_image_200: `https://shippo-static.s3.amazonaws.com/providers/200/${image(service.carrier)}.png`,
    servicelevel: {
      name: service.name,
      token: service.token,
      terms: service.terms,
      extended_token: service.token,
    },
    estimated_days: rate.days,
    duration_terms: service.terms,
    carrier_account: CARRIER_ACCOUNTS[service.carrier],
    zone: String(rate.zone),
    messages: [],
  };
}

function image(carrier: string): string {
  return carrier.replace(" Express", "");
}

/** `queued` is how an asynchronous purchase looks when it was just made. */
export function renderTransaction(
  {
    transaction,
    shipment,
    labelUrl,
  }: { transaction: TransactionRecord; shipment: ShipmentRecord; labelUrl: string },
  { queued = false } = {},
): object {
  const index = Number.parseInt(transaction.rate.slice(30), 16) - 1;
  const rate = shipment.rates[index];
  const number = queued ? undefined : transaction.tracking_number;
  return {
    ...stamp(transaction),
    object_state: "VALID",
    status: queued ? "QUEUED" : transaction.status,
    rate: transaction.rate,
    label_file_type: transaction.label_file_type,
    metadata: transaction.metadata,
    messages: queued ? [] : transaction.messages,
    ...(number &&
      rate && {
        tracking_number: number,
        tracking_status: trackingStatus(transaction),
        tracking_url_provider: trackingUrl({ carrier: serviceOf(rate).carrier, number }),
        label_url: labelUrl,
        eta: new Date(transaction.created + rate.days * 86_400_000).toISOString(),
      }),
  };
}

const DETAILS: Record<TrackingStatus, string> = {
  UNKNOWN: "The carrier has not seen the parcel.",
  PRE_TRANSIT: "The carrier has been told of the parcel.",
  TRANSIT: "The parcel is on its way.",
  DELIVERED: "The parcel was delivered.",
  RETURNED: "The parcel goes back to its sender.",
  FAILURE: "The parcel is lost.",
};

/** A parcel on its way, as its sender sees it. */
export function renderTrack({
  transaction,
  shipment,
}: {
  transaction: TransactionRecord;
  shipment: ShipmentRecord;
}): object {
  const rate = shipment.rates[Number.parseInt(transaction.rate.slice(30), 16) - 1];
  if (!rate) throw new Error(`transaction ${transaction.id} has lost its rate`);
  const { carrier, name, token, terms } = serviceOf(rate);
  const { from, to } = directionOf(shipment);
  const eta = new Date(transaction.created + rate.days * 86_400_000).toISOString();
  const history = (transaction.tracking ?? []).map((entry) => {
    const at = new Date(entry.at).toISOString();
    return {
      object_id: entry.id,
      object_created: at,
      object_updated: at,
      status: entry.status,
      status_details: DETAILS[entry.status],
      status_date: at,
      location: place(entry.status === "DELIVERED" ? to : from),
    };
  });
  const last = history.at(-1);
  return {
    carrier: carrierToken(carrier),
    tracking_number: transaction.tracking_number ?? "",
    address_from: place(from),
    address_to: place(to),
    eta,
    original_eta: eta,
    servicelevel: { name, token, terms },
    metadata: transaction.metadata,
    ...(last && { tracking_status: last }),
    tracking_history: history,
    transaction: transaction.id,
    messages: [],
  };
}

/** The carrier as paths and webhooks write it, e.g. `dhl_express`. */
export function carrierToken(carrier: string): string {
  return carrier.toLowerCase().replaceAll(" ", "_");
}

function place({ fields: { city, state, zip, country } }: AddressRecord): object {
  return { ...(city && { city }), ...(state && { state }), ...(zip && { zip }), country };
}

export function renderLabelRefund(refund: LabelRefundRecord): object {
  return { ...stamp(refund), status: refund.refused ? "ERROR" : "SUCCESS", transaction: refund.transaction };
}
