import { type Carrier, CarrierRefused, CarrierUnavailable } from "./carrier.ts";

/** That of a shop without a carrier: it offers no rate, so that all parcels go at the shop's own flat rates. */
export const noCarrier: Carrier = {
  name: "none",
  timeoutMs: 0,
  crossesCustoms: () => false,
  quote: async () => ({ providerId: "", rates: [], remarks: "" }),
  buyLabel: refuse,
  findLabel: async () => undefined,
  track: async () => undefined,
  voidLabel: refuse,
  checkAddress: async () => {
    throw new CarrierUnavailable("the shop has no carrier that knows addresses", { pending: false });
  },
  findRefund: refuse,
};

async function refuse(): Promise<never> {
  throw new CarrierRefused("the shop has no carrier");
}
