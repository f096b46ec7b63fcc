import { timedHex } from "../ids.ts";
import { crossesCustoms } from "./customs.ts";
import { REQUIRED, ShippoError } from "./errors.ts";
import { isObject, type Json, readMetadata, shown } from "./read.ts";
import {
  type AddressFields,
  findRate,
  type Message,
  rateId,
  type ShipmentRecord,
  type ShippoRecords,
  type TrackingStatus,
  type TransactionRecord,
  trackingStatus,
} from "./records.ts";
import { newShipment } from "./shipments.ts";
import { CARRIER_ACCOUNTS, serviceOf } from "./tariff.ts";
import { trackingNumber } from "./tracking-number.ts";

const LABEL_TYPES = [
  "PNG",
  "PNG_2.3x7.5",
  "PDF",
  "PDF_2.3x7.5",
  "PDF_4x6",
  "PDF_4x8",
  "PDF_A4",
  "PDF_A5",
  "PDF_A6",
  "ZPLII",
];
/** Rates can be bought for a week. */
const RATE_LIFE_MS = 7 * 86_400_000;

/**
 * Buys a label. What the carrier refuses (an address that lacks parts, a rate too old) is a transaction with
 * status ERROR and messages; only a request that cannot be read is an error.
 */
export function buyLabel({ body, records, now }: { body: Json; records: ShippoRecords; now: number }): {
  transaction: TransactionRecord;
  shipment: ShipmentRecord;
} {
  const type = body["label_file_type"] ?? "PDF_4x6";
  if (typeof type !== "string" || !LABEL_TYPES.includes(type)) {
    throw new ShippoError(400, { label_file_type: [`"${shown(type)}" is not a valid choice.`] });
  }
  const metadata = readMetadata(body["metadata"]);
  const {
    shipment,
    index,
    id: rate,
  } = isObject(body["shipment"])
    ? instantRate({ body, request: body["shipment"], records, now })
    : offeredRate({ body, records });
  const offered = shipment.rates[index];
  if (!offered) throw new Error(`shipment ${shipment.id} has no rate ${index}`);

  const id = timedHex(32);
  const { carrier } = serviceOf(offered);
  const messages = refusals({ shipment, carrier, now });
  const email = shipment.to.fields.email?.toLowerCase();
  const transaction = records.transactions.insert({
    id,
    created: now,
    updated: now,
    rate,
    shipment: shipment.id,
    metadata,
    label_file_type: type,
    status: messages.length === 0 ? "SUCCESS" : "ERROR",
    messages,
    ...(messages.length === 0 && { tracking_number: trackingNumber({ carrier, transaction: id }) }),
    ...(email && { to: email }),
  });
  return { transaction, shipment };
}

function offeredRate({ body, records }: { body: Json; records: ShippoRecords }) {
  const rate = body["rate"];
  if (rate === undefined || rate === null || rate === "") throw new ShippoError(400, { rate: [REQUIRED] });
  const found = typeof rate === "string" ? findRate(records, rate) : undefined;
  if (!found)
    throw new ShippoError(400, { rate: [`Rate with supplied object_id ${shown(rate)} not found.`] });
  return { ...found, id: rateId(found.shipment.id, found.index) };
}

/** A shipment made, rated and bought in one request. */
function instantRate({
  body,
  request,
  records,
  now,
}: {
  body: Json;
  request: Json;
  records: ShippoRecords;
  now: number;
}) {
  const shipment = newShipment({ body: request, records, now });
  const index = shipment.rates.findIndex((rate) => {
    const service = serviceOf(rate);
    return (
      service.token === body["servicelevel_token"] &&
      CARRIER_ACCOUNTS[service.carrier] === body["carrier_account"]
    );
  });
  if (index < 0) {
    throw new ShippoError(400, {
      servicelevel_token: ["The carrier account does not offer this service for this shipment."],
    });
  }
  records.shipments.insert(shipment);
  return { shipment, index, id: rateId(shipment.id, index) };
}

function refusals({
  shipment,
  carrier,
  now,
}: {
  shipment: ShipmentRecord;
  carrier: string;
  now: number;
}): Message[] {
  const parties: [string, AddressFields][] = [
    ["sender", shipment.from.fields],
    ["recipient", shipment.to.fields],
  ];
  const texts = parties.flatMap(([party, address]) => {
    const lacks = (["name", "street1", "city"] as const).filter((name) => !address[name]);
    return lacks.map((name) => `The ${party}'s ${name} is missing.`);
  });
  if (!shipment.customs && crossesCustoms(shipment)) {
    texts.push("A customs declaration is required for international shipments.");
  }
  if (now - shipment.created > RATE_LIFE_MS) texts.push("The rate has expired; create a new shipment.");
  return texts.map((text) => ({ source: carrier, code: "", text }));
}

/** Voids a label and gives its price back, unless the carrier has its parcel. */
export function refundLabel({ body, records, now }: { body: Json; records: ShippoRecords; now: number }) {
  const id = body["transaction"];
  if (id === undefined || id === null || id === "") throw new ShippoError(400, { transaction: [REQUIRED] });
  const transaction = typeof id === "string" ? records.transactions.get(id) : undefined;
  if (!transaction) {
    throw new ShippoError(400, {
      transaction: [`Transaction with supplied object_id ${shown(id)} not found.`],
    });
  }
  if (transaction.status !== "SUCCESS") {
    throw new ShippoError(400, {
      transaction: [
        transaction.status === "REFUNDED"
          ? "A refund for this transaction was already requested."
          : "Only a transaction with status SUCCESS can be refunded.",
      ],
    });
  }
  const refused = !["UNKNOWN", "PRE_TRANSIT"].includes(trackingStatus(transaction));
  const status = refused ? "REFUNDREJECTED" : "REFUNDED";
  const refunded = records.transactions.put({ ...transaction, status, updated: now });
  const refund = records.refunds.insert({
    ...{ id: timedHex(32), created: now, transaction: transaction.id },
    ...(refused && { refused }),
  });
  return { refund, transaction: refunded };
}

/** The next place of a parcel that nothing happens to. */
const NEXT: Partial<Record<TrackingStatus, TrackingStatus>> = {
  UNKNOWN: "PRE_TRANSIT",
  PRE_TRANSIT: "TRANSIT",
  TRANSIT: "DELIVERED",
};

/** Whether a parcel has a next place. */
export function canMove(transaction: TransactionRecord): boolean {
  return transaction.status === "SUCCESS" && NEXT[trackingStatus(transaction)] !== undefined;
}

/** Moves a parcel to `status`, or on to its next; undefined when there is no such parcel or it goes no further. */
export function moveParcel({
  id,
  status,
  records,
  now,
}: {
  id: string;
  status?: TrackingStatus | undefined;
  records: ShippoRecords;
  now: number;
}): TransactionRecord | undefined {
  const transaction = records.transactions.get(id);
  if (!transaction?.tracking_number) return undefined;
  const next = status ?? NEXT[trackingStatus(transaction)];
  if (next === undefined) return undefined;
  const tracking = [...(transaction.tracking ?? []), { id: timedHex(32), at: now, status: next }];
  return records.transactions.put({ ...transaction, tracking, updated: now });
}
