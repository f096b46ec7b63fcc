/** Where a parcel is, as its carrier tells. Pure. */

/** What the carrier says of a parcel, in one word; empty as long as it has said nothing. */
export type TrackingStatus = "" | "PRE_TRANSIT" | "TRANSIT" | "DELIVERED" | "RETURNED" | "FAILURE";

/** Something that a carrier noted of a parcel. */
export interface TrackingEvent {
  /** ISO 8601, in UTC. */
  time: string;
  status: TrackingStatus;
  /** The carrier's own words. */
  details: string;
  /** Where; what the carrier does not say is empty. */
  city: string;
  state: string;
  postalCode: string;
  countryCode: string;
}

/** What a carrier knows of a parcel. */
export interface Tracking {
  status: TrackingStatus;
  /** The oldest first. */
  events: TrackingEvent[];
}

/**
 * From which statuses a parcel may come to the key's. News travel in no order, so what is not listed is old news and
 * changes nothing. A parcel that was given up for lost may still turn up.
 */
const trackingSources: Readonly<Record<TrackingStatus, readonly TrackingStatus[]>> = {
  "": [],
  PRE_TRANSIT: [""],
  TRANSIT: ["", "PRE_TRANSIT"],
  FAILURE: ["", "PRE_TRANSIT", "TRANSIT"],
  RETURNED: ["", "PRE_TRANSIT", "TRANSIT", "FAILURE"],
  DELIVERED: ["", "PRE_TRANSIT", "TRANSIT", "FAILURE"],
};

/** Of a parcel that has come there nothing more is to be learned. */
export const finalStatuses: readonly TrackingStatus[] = ["DELIVERED", "RETURNED"];

/** More entries than this tell nobody anything; the newest stay. */
const maxEvents = 100;
/** Longer texts of carriers are cut. */
const maxDetails = 300;

/** What of a carrier's word is stored: bounded, and in the order of time. */
export function storable({ status, events }: Tracking): Tracking {
  const inOrder = [...events].sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0));
  const kept = inOrder.slice(-maxEvents);
  return { status, events: kept.map((event) => ({ ...event, details: event.details.slice(0, maxDetails) })) };
}

/** What is known of a parcel after the carrier's word; nothing when that says nothing new. */
export function advance(known: Tracking, told: Tracking): Tracking | undefined {
  const moved = trackingSources[told.status].includes(known.status);
  const more = told.events.length > known.events.length;
  if (!moved && !more) return undefined;
  return { status: moved ? told.status : known.status, events: more ? told.events : known.events };
}

/** What other systems are told of a parcel; of one that is `labeled` or `shipped` by the merchant no carrier says it. */
export type ToldKind = "labeled" | "shipped" | "delivered" | "returned" | "failed";

const arrivals: Readonly<Record<TrackingStatus, readonly ToldKind[]>> = {
  "": [],
  PRE_TRANSIT: [],
  TRANSIT: [],
  DELIVERED: ["delivered"],
  RETURNED: ["returned"],
  FAILURE: ["failed"],
};

/** What is told of a parcel's way from one status to another: whatever became of it, the carrier had it first. */
export function toldOf(from: TrackingStatus, to: TrackingStatus): ToldKind[] {
  const isUnseen = (status: TrackingStatus) => status === "" || status === "PRE_TRANSIT";
  if (from === to || isUnseen(to)) return [];
  return [...(isUnseen(from) ? (["shipped"] as const) : []), ...arrivals[to]];
}
