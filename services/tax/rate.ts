/** What staff say of a tax rate. */
export interface RateContent {
  readonly name: string;
  readonly countryCode: string;
  /** Empty: the whole country. */
  readonly region: string;
  /** Empty: all goods and shipping. */
  readonly taxCategory: string;
  /** Millionths: 190000 is 19 %. */
  readonly rateMillionths: number;
  /** Whether prices have the tax in them; otherwise it is added. */
  readonly included: boolean;
}

/** The tax category of shipping. */
export const shippingCategory = "shipping";

/** A region as it is compared: letters count alike in both cases, however they are composed. */
export function regionKey(region: string): string {
  return region.normalize("NFC").trim().toLowerCase();
}

/** The rates that may count at an address. */
export type RatesAt = (address: { countryCode: string; state: string }) => readonly RateContent[];

/** Sorts rates by where they apply, once for many addresses. */
export function byPlace(rates: readonly RateContent[]): RatesAt {
  const places = Map.groupBy(rates, ({ countryCode, region }) => placeKey(countryCode, region));
  return ({ countryCode, state }) => {
    const whole = places.get(placeKey(countryCode, "")) ?? [];
    return regionKey(state) === "" ? whole : [...whole, ...(places.get(placeKey(countryCode, state)) ?? [])];
  };
}

function placeKey(countryCode: string, region: string): string {
  return `${countryCode}/${regionKey(region)}`;
}

/**
 * Of the rates of one address those that count for goods of a category, by name: of the rates with the same name
 * that for the region before that for the country, then that for the category before that for all.
 */
export function ratesFor(rates: readonly RateContent[], taxCategory: string): readonly RateContent[] {
  const fitting = rates.filter((rate) => rate.taxCategory === "" || rate.taxCategory === taxCategory);
  // What comes later takes the place of what came before.
  const counting = new Map(
    fitting.toSorted((a, b) => precision(a) - precision(b)).map((rate) => [rate.name, rate]),
  );
  return [...counting.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

function precision({ region, taxCategory }: RateContent): number {
  return (regionKey(region) === "" ? 0 : 2) + (taxCategory === "" ? 0 : 1);
}
