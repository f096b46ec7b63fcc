import type { TrackingStatus as ShippoEvent, Track, TrackingStatusLocationBase } from "shippo";
import type { Tracking, TrackingEvent, TrackingStatus } from "./tracking.ts";

const statuses: ReadonlySet<string> = new Set(["PRE_TRANSIT", "TRANSIT", "DELIVERED", "RETURNED", "FAILURE"]);

/** A carrier's name as Shippo's paths write it: `DHL Express` is `dhl_express`. */
export function carrierToken(carrier: string): string {
  return carrier.toLowerCase().replaceAll(/[^a-z0-9]+/g, "_");
}

/** What Shippo tells of a parcel. Entries without a time or a known status are left out. */
export function toTracking({ trackingStatus, trackingHistory }: Partial<Track>): Tracking {
  const events = (trackingHistory ?? []).flatMap(toEvent);
  return { status: toStatus(trackingStatus?.status), events };
}

function toEvent(event: Partial<ShippoEvent>): TrackingEvent[] {
  const status = toStatus(event.status);
  const time = new Date(event.statusDate ?? event.objectCreated ?? "");
  if (status === "" || Number.isNaN(time.getTime())) return [];
  const place: TrackingStatusLocationBase = event.location ?? {};
  return [
    {
      time: time.toISOString(),
      status,
      details: event.statusDetails ?? "",
      city: place.city ?? "",
      state: place.state ?? "",
      postalCode: place.zip ?? "",
      countryCode: place.country ?? "",
    },
  ];
}

/** A word that Shippo has learned since tells nothing here. */
function toStatus(status: string | undefined): TrackingStatus {
  return status !== undefined && statuses.has(status) ? (status as TrackingStatus) : "";
}
