import type { AddressFields, Message, ParcelFields, RateRecord } from "./records.ts";

export interface Service {
  readonly token: string;
  readonly name: string;
  readonly carrier: Carrier;
  readonly terms: string;
  /** US: within the United States; abroad: from there to elsewhere; home, world: the same from elsewhere. */
  readonly scope: "us" | "abroad" | "home" | "world";
  /** US cents: for the parcel, for each started pound, for each zone above the first. */
  readonly price: readonly [base: number, pound: number, zone: number];
  /** Working days for zones 1 to 8. */
  readonly days: (zone: number) => number;
  readonly maxPounds: number;
}

export type Carrier = "USPS" | "UPS" | "FedEx" | "DHL Express";

export const CARRIER_ACCOUNTS: Record<Carrier, string> = {
  USPS: "5a9d0c1be7f84c3e9a6d2f1b00000001",
  UPS: "5a9d0c1be7f84c3e9a6d2f1b00000002",
  FedEx: "5a9d0c1be7f84c3e9a6d2f1b00000003",
  "DHL Express": "5a9d0c1be7f84c3e9a6d2f1b00000004",
};

function service(
  carrier: Carrier,
  token: string,
  name: string,
  rest: Omit<Service, "carrier" | "token" | "name" | "terms" | "maxPounds"> &
    Partial<Pick<Service, "terms" | "maxPounds">>,
): Service {
  return { carrier, token, name, terms: "", maxPounds: carrier === "USPS" ? 70 : 150, ...rest };
}

/** The whole tariff. Prices are near what the carriers ask, and never change. */
const SERVICES: readonly Service[] = [
  service("USPS", "usps_ground_advantage", "Ground Advantage", {
    scope: "us",
    price: [440, 48, 24],
    days: (zone) => 2 + Math.ceil(zone / 3),
    terms: "Delivery within 2 to 5 days",
  }),
  service("USPS", "usps_priority", "Priority Mail", {
    scope: "us",
    price: [780, 92, 41],
    days: (zone) => 1 + Math.ceil(zone / 4),
    terms: "Delivery within 1, 2, or 3 days",
  }),
  service("USPS", "usps_priority_express", "Priority Mail Express", {
    scope: "us",
    price: [2690, 210, 105],
    days: (zone) => (zone > 6 ? 2 : 1),
    terms: "Overnight delivery to most U.S. locations",
  }),
  service("UPS", "ups_ground", "Ground", {
    scope: "us",
    price: [960, 54, 39],
    days: (zone) => 1 + Math.ceil(zone / 2),
  }),
  service("UPS", "ups_second_day_air", "2nd Day Air®", {
    scope: "us",
    price: [1890, 165, 98],
    days: () => 2,
  }),
  service("UPS", "ups_next_day_air", "Next Day Air®", {
    scope: "us",
    price: [3950, 320, 205],
    days: () => 1,
  }),
  service("FedEx", "fedex_ground", "FedEx Ground®", {
    scope: "us",
    price: [985, 51, 37],
    days: (zone) => 1 + Math.ceil(zone / 2),
  }),
  service("FedEx", "fedex_2_day", "FedEx 2Day®", { scope: "us", price: [1790, 172, 94], days: () => 2 }),
  service("FedEx", "fedex_standard_overnight", "FedEx Standard Overnight®", {
    scope: "us",
    price: [3690, 335, 190],
    days: () => 1,
  }),
  service("USPS", "usps_first_class_package_international_service", "First Class Package International", {
    scope: "abroad",
    price: [1490, 640, 210],
    days: (zone) => 9 + zone,
    maxPounds: 4,
  }),
  service("USPS", "usps_priority_mail_international", "Priority Mail International", {
    scope: "abroad",
    price: [3650, 430, 380],
    days: (zone) => 5 + zone,
  }),
  service("UPS", "ups_expedited", "Worldwide Expedited®", {
    scope: "abroad",
    price: [5890, 520, 640],
    days: (zone) => 3 + zone,
  }),
  service("UPS", "ups_saver", "Worldwide Saver®", {
    scope: "abroad",
    price: [7490, 610, 720],
    days: (zone) => 1 + Math.ceil(zone / 2),
  }),
  service("FedEx", "fedex_international_economy", "FedEx International Economy®", {
    scope: "abroad",
    price: [5590, 500, 610],
    days: (zone) => 3 + zone,
  }),
  service("FedEx", "fedex_international_priority", "FedEx International Priority®", {
    scope: "abroad",
    price: [7290, 600, 700],
    days: (zone) => 1 + Math.ceil(zone / 2),
  }),
  service("UPS", "ups_standard", "Standard®", { scope: "home", price: [820, 50, 0], days: () => 3 }),
  service("FedEx", "fedex_priority_overnight", "FedEx Priority Overnight®", {
    scope: "home",
    price: [1990, 120, 0],
    days: () => 1,
  }),
  service("DHL Express", "dhl_express_domestic_express_doc", "Domestic Express", {
    scope: "home",
    price: [1490, 95, 0],
    days: () => 2,
  }),
  service("UPS", "ups_saver", "Worldwide Saver®", {
    scope: "world",
    price: [6990, 590, 700],
    days: (zone) => 2 + Math.ceil(zone / 2),
  }),
  service("FedEx", "fedex_international_economy", "FedEx International Economy®", {
    scope: "world",
    price: [5290, 480, 590],
    days: (zone) => 4 + zone,
  }),
  service("DHL Express", "dhl_express_worldwide", "Express Worldwide", {
    scope: "world",
    price: [6490, 540, 660],
    days: (zone) => 1 + Math.ceil(zone / 2),
  }),
];

export function serviceOf(rate: RateRecord): Service {
  const [token, scope] = rate.service.split(" ");
  const found = SERVICES.find((candidate) => candidate.token === token && candidate.scope === scope);
  if (!found) throw new Error(`the tariff has no service ${rate.service}`);
  return found;
}

/** What each carrier asks for these parcels, cheapest first; the same for the same input, always. */
export function quote({
  from,
  to,
  parcels,
}: {
  from: AddressFields;
  to: AddressFields;
  parcels: readonly ParcelFields[];
}): { rates: RateRecord[]; messages: Message[] } {
  const missing = (["city", "zip"] as const).filter((name) => to[name] === undefined && to.country === "US");
  if (missing.length > 0 || to.street1 === undefined) {
    const names = [...(to.street1 === undefined ? ["street1"] : []), ...missing].join(", ");
    return { rates: [], messages: [{ source: "Shippo", code: "", text: `The address_to lacks ${names}.` }] };
  }
  const messages: Message[] = [];
  const scope = scopeOf(from, to);
  const zone = scope === "us" ? usZone(from.zip ?? "", to.zip ?? "") : worldZone(from.country, to.country);
  const rates: RateRecord[] = [];
  for (const candidate of SERVICES) {
    if (candidate.scope !== scope) continue;
    const pounds = parcels.map((parcel) => billablePounds(parcel, candidate.carrier));
    if (pounds.some((weight) => weight > candidate.maxPounds)) {
      messages.push({
        source: candidate.carrier,
        code: "",
        text: `${candidate.name}: the parcel is heavier than ${candidate.maxPounds} lb.`,
      });
      continue;
    }
    const [base, pound, perZone] = candidate.price;
    const usCents = pounds.reduce((sum, weight) => sum + base + pound * weight + perZone * (zone - 1), 0);
    rates.push({
      service: `${candidate.token} ${scope}`,
      cents: convert({ usCents, currency: currencyOf(from.country) }),
      days: candidate.days(zone),
      zone,
    });
  }
  return { rates: rates.sort((a, b) => a.cents - b.cents || a.days - b.days), messages };
}

/** CHEAPEST and FASTEST are what they say (the cheaper of equally fast ones); BESTVALUE weighs a day as 2 dollars. */
export function attributesOf(
  rates: readonly RateRecord[],
  rate: RateRecord,
): ("CHEAPEST" | "FASTEST" | "BESTVALUE")[] {
  const first = (value: (candidate: RateRecord) => number) =>
    rates.reduce((best, candidate) => (value(candidate) < value(best) ? candidate : best), rates[0] ?? rate);
  return [
    ...(first((candidate) => candidate.cents) === rate ? ["CHEAPEST" as const] : []),
    ...(first((candidate) => candidate.days * 1e9 + candidate.cents) === rate ? ["FASTEST" as const] : []),
    ...(first((candidate) => candidate.cents + candidate.days * 200) === rate ? ["BESTVALUE" as const] : []),
  ];
}

function scopeOf(from: AddressFields, to: AddressFields): Service["scope"] {
  const home = from.country === to.country;
  return from.country === "US" ? (home ? "us" : "abroad") : home ? "home" : "world";
}

/** By the difference of the first three digits, which number the regions from east to west. */
function usZone(from: string, to: string): number {
  const distance = Math.abs(Number(from.slice(0, 3)) - Number(to.slice(0, 3)));
  if (!Number.isFinite(distance)) return 5;
  return distance === 0 ? 1 : Math.min(8, 2 + Math.floor(distance / 130));
}

const REGION: Record<string, string> = Object.fromEntries(
  Object.entries({
    america: "US CA MX",
    europe: "GB IE FR DE NL BE LU ES PT IT AT CH DK SE NO FI PL CZ SK HU RO BG GR HR SI EE LV LT MT CY IS",
    asia: "ID SG MY TH VN PH JP KR CN TW HK IN AU NZ BD PK LK",
  }).flatMap(([region, countries]) => countries.split(" ").map((country) => [country, region])),
);

function worldZone(from: string, to: string): number {
  if (from === to) return 1;
  const [a, b] = [REGION[from], REGION[to]];
  if (a !== undefined && a === b) return 1;
  return a !== undefined && b !== undefined ? 3 : 4;
}

const POUNDS = { lb: 1, oz: 1 / 16, kg: 2.204_622_6, g: 0.002_204_622_6 } as const;
const INCHES = { in: 1, cm: 0.393_700_8, mm: 0.039_370_08, m: 39.370_08, ft: 12, yd: 36 } as const;

/** Started pounds of the weight, or of the volume where a carrier counts it as weight. */
function billablePounds(parcel: ParcelFields, carrier: Carrier): number {
  const weight = Number(parcel.weight) * POUNDS[parcel.mass_unit];
  const inches = INCHES[parcel.distance_unit];
  const volume = Number(parcel.length) * Number(parcel.width) * Number(parcel.height) * inches ** 3;
  const counts = carrier !== "USPS" || volume > 1728;
  return Math.max(1, Math.ceil(Math.max(weight, counts ? volume / 166 : 0)));
}

const EUROPE = "FR DE NL BE LU ES PT IT AT FI GR IE SK SI EE LV LT MT CY HR".split(" ");
const CURRENCY: Record<string, string> = {
  ...Object.fromEntries(EUROPE.map((country) => [country, "EUR"])),
  GB: "GBP",
  CA: "CAD",
  AU: "AUD",
  JP: "JPY",
  MX: "MXN",
  CH: "CHF",
  SG: "SGD",
  ID: "IDR",
};
/** Units of a currency for one US dollar, fixed. */
const PER_DOLLAR: Record<string, number> = {
  USD: 1,
  EUR: 0.92,
  GBP: 0.79,
  CAD: 1.36,
  AUD: 1.52,
  JPY: 150,
  MXN: 18.5,
  CHF: 0.88,
  SGD: 1.34,
  IDR: 16_000,
};
const NO_MINOR_UNIT = new Set(["JPY"]);

/** The currency in which rates from or to this country are told. */
export function currencyOf(country: string): string {
  return CURRENCY[country] ?? "USD";
}

export function isCurrency(code: string): boolean {
  return Object.hasOwn(PER_DOLLAR, code);
}

function convert({ usCents, currency }: { usCents: number; currency: string }): number {
  return Math.round(usCents * (PER_DOLLAR[currency] ?? 1));
}

/** A rate's price as text, in its own currency or another one. */
export function amountText(rate: RateRecord, { from, to }: { from: string; to: string }): string {
  const hundredths =
    from === to ? rate.cents : (rate.cents / (PER_DOLLAR[from] ?? 1)) * (PER_DOLLAR[to] ?? 1);
  return NO_MINOR_UNIT.has(to) ? String(Math.round(hundredths / 100)) : (hundredths / 100).toFixed(2);
}
