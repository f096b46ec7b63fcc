import { timedHex } from "../ids.ts";
import { readCustoms } from "./customs.ts";
import { type FieldErrors, REQUIRED, ShippoError } from "./errors.ts";
import { isObject, type Json, readAddress, readMetadata, readParcel, shown } from "./read.ts";
import type { AddressRecord, ParcelRecord, ShipmentRecord, ShippoRecords } from "./records.ts";
import { quote, serviceOf } from "./tariff.ts";

/** Makes a shipment of a request, with its rates. Throws a ShippoError that names every wrong field. */
export function newShipment({
  body,
  records,
  now,
}: {
  body: Json;
  records: ShippoRecords;
  now: number;
}): ShipmentRecord {
  const errors: FieldErrors = {};
  const from = readParty("address_from");
  const to = readParty("address_to");
  const back = body["address_return"] === undefined ? undefined : readParty("address_return");
  const parcels = readParcels();
  const metadata = readMetadata(body["metadata"]);
  const customs = body["customs_declaration"];
  const lacking = isObject(customs) ? readCustoms(customs) : undefined;
  if (lacking) errors["customs_declaration"] = [lacking];
  if (!from || !to || !parcels || Object.keys(errors).length > 0) throw new ShippoError(400, errors);

  const date = body["shipment_date"];
  return {
    id: `${timedHex(30)}00`,
    created: now,
    from,
    to,
    ...(back && { back }),
    parcels,
    metadata,
    ...rated(),
    ...(typeof date === "string" && date !== "" && { shipment_date: date }),
    ...(isObject(customs) && { customs }),
    ...(isObject(body["extra"]) && { extra: body["extra"] }),
  };

  /** What the carriers ask; they bring back what they can sell return labels for. */
  function rated() {
    const offers = {
      from: from?.fields,
      to: to?.fields,
      parcels: (parcels ?? []).map(({ fields }) => fields),
    };
    if (!offers.from || !offers.to) throw new Error("a shipment without addresses has no rates");
    const { rates, messages } = quote({ ...offers, from: offers.from, to: offers.to });
    const extra = body["extra"];
    const isReturn = isObject(extra) && extra["is_return"] === true;
    return {
      messages,
      rates: isReturn ? rates.filter((rate) => serviceOf(rate).carrier !== "DHL Express") : rates,
    };
  }

  function readParty(name: string): AddressRecord | undefined {
    const value = body[name];
    if (typeof value === "string" && value !== "") {
      const known = records.addresses.get(value);
      if (!known) errors[name] = [`Address with supplied object_id ${value} not found.`];
      return known;
    }
    if (!isObject(value)) {
      errors[name] = [value === undefined || value === null || value === "" ? REQUIRED : "Invalid data."];
      return undefined;
    }
    const result = readAddress(value);
    if ("fields" in result) return { id: timedHex(32), created: now, fields: result.fields };
    errors[name] = [result.errors];
    return undefined;
  }

  function readParcels(): ParcelRecord[] | undefined {
    const value = body["parcels"];
    const list = Array.isArray(value) ? value : isObject(value) ? [value] : undefined;
    if (!list || list.length === 0) {
      errors["parcels"] = [REQUIRED];
      return undefined;
    }
    const problems: unknown[] = [];
    const parcels: ParcelRecord[] = [];
    for (const entry of list) {
      const known = typeof entry === "string" ? records.parcels.get(entry) : undefined;
      if (known) parcels.push(known);
      else if (!isObject(entry)) problems.push(`Parcel with supplied object_id ${shown(entry)} not found.`);
      else {
        const result = readParcel(entry);
        if ("errors" in result) problems.push(result.errors);
        else parcels.push({ id: timedHex(32), created: now, fields: result.fields });
      }
    }
    if (problems.length === 0) return parcels;
    errors["parcels"] = problems;
    return undefined;
  }
}
