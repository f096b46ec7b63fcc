import { expect, test } from "vitest";
import { advance, storable, type TrackingEvent, type TrackingStatus } from "./tracking.ts";

const event = (time: string, fields: Partial<TrackingEvent> = {}): TrackingEvent => ({
  time,
  status: "TRANSIT",
  details: "",
  city: "",
  state: "",
  postalCode: "",
  countryCode: "",
  ...fields,
});

test.each<[TrackingStatus, TrackingStatus, TrackingStatus]>([
  ["", "PRE_TRANSIT", "PRE_TRANSIT"],
  ["", "DELIVERED", "DELIVERED"], // nothing was told in between
  ["PRE_TRANSIT", "TRANSIT", "TRANSIT"],
  ["TRANSIT", "PRE_TRANSIT", "TRANSIT"], // old news
  ["TRANSIT", "", "TRANSIT"],
  ["TRANSIT", "RETURNED", "RETURNED"],
  ["FAILURE", "TRANSIT", "FAILURE"],
  ["FAILURE", "DELIVERED", "DELIVERED"], // it turned up
  ["RETURNED", "DELIVERED", "RETURNED"], // to its sender
  ["DELIVERED", "TRANSIT", "DELIVERED"],
  ["DELIVERED", "FAILURE", "DELIVERED"],
])("a parcel that is %s and told to be %s is %s", (known, told, now) => {
  const after = advance({ status: known, events: [] }, { status: told, events: [] });
  expect(after?.status ?? known).toBe(now);
  expect(after === undefined).toBe(known === now);
});

test("a shorter list is an older one and takes nothing away, a longer one counts although the word is old", () => {
  const one = [event("2026-03-01T10:00:00.000Z")];
  const two = [...one, event("2026-03-02T10:00:00.000Z")];
  expect(advance({ status: "DELIVERED", events: two }, { status: "TRANSIT", events: one })).toBeUndefined();
  expect(advance({ status: "TRANSIT", events: two }, { status: "DELIVERED", events: one })).toEqual({
    status: "DELIVERED",
    events: two,
  });
  expect(advance({ status: "TRANSIT", events: one }, { status: "PRE_TRANSIT", events: two })).toEqual({
    status: "TRANSIT",
    events: two,
  });
});

test("what is stored is in the order of time, the newest hundred entries, and no text is endless", () => {
  const many = Array.from({ length: 130 }, (_, i) => event(new Date(i * 1000).toISOString()));
  const { events } = storable({ status: "TRANSIT", events: [...many].reverse() });
  expect(events).toEqual(many.slice(30));
  const long = storable({ status: "TRANSIT", events: [event("2026", { details: "x".repeat(1000) })] });
  expect(long.events[0]?.details).toHaveLength(300);
});
