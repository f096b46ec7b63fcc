import type { Consignment } from "../../services/shipping/carrier.ts";

/** A key that must not turn up anywhere but in the request. */
export const apiKey = "shippo_test_not_a_real_key";
/** Where the shop sends from. */
export const sender = {
  name: "Rowlock",
  line1: "215 Clayton St",
  city: "San Francisco",
  state: "CA",
  postalCode: "94117",
  countryCode: "US",
  phone: "+14155550100",
  email: "shop@example.com",
};
/** A parcel within the country. */
export const consignment: Consignment = {
  shipmentId: "shp_1",
  to: {
    name: "Ada Lovelace",
    line1: "965 Mission St",
    line2: "",
    city: "San Francisco",
    state: "CA",
    postalCode: "94103",
    countryCode: "US",
    phone: "+14155550123",
    email: "ada@example.com",
  },
  customs: [],
  parcel: { lengthMm: 200, widthMm: 155, heightMm: 7, weightG: 750 },
};
/** The purchase of the rate below. */
export const purchase = { rateProviderId: "r1", shipmentId: "shp_1" };

const time = "2026-03-01T10:00:00.000Z";
/** Shippo's answer to a request for rates. */
export const shipment = {
  object_id: "s1",
  object_created: time,
  object_updated: time,
  object_owner: "o",
  status: "SUCCESS",
  metadata: "shp_1",
  address_from: { country: "US" },
  address_to: { country: "US" },
  carrier_accounts: [],
  messages: [],
  parcels: [],
  rates: [
    {
      object_id: "r1",
      object_created: time,
      object_owner: "o",
      shipment: "s1",
      amount: "9.90",
      currency: "USD",
      amount_local: "9.90",
      currency_local: "USD",
      attributes: ["CHEAPEST"],
      carrier_account: "c1",
      provider: "USPS",
      servicelevel: { name: "Priority Mail", token: "usps_priority" },
      estimated_days: 2,
      zone: null,
    },
  ],
};
/** Shippo's answer to a purchase. */
export const bought = {
  object_id: "t1",
  status: "SUCCESS",
  rate: "r1",
  tracking_number: "92055",
  tracking_url_provider: "https://track.test/92055",
  label_url: "https://labels.test/t1.pdf",
};
/** The label of that purchase. */
export const label = {
  trackingNumber: "92055",
  trackingUrl: "https://track.test/92055",
  labelUrl: "https://labels.test/t1.pdf",
};
