import type { Line, Shortage } from "./stock.ts";

/** Lines that shall be held together until a time. */
export interface Hold {
  id: string;
  lines: readonly Line[];
  expireTime: Date;
}

/** Units of one SKU at one location. */
export interface Share extends Line {
  locationId: string;
}

/** A hold, and where its units are. */
export interface Placed extends Hold {
  /** By line, in the order of the lines. */
  shares: readonly Share[];
}

/** A stock row with what there is to be said of its location. */
export interface Shelf {
  sku: string;
  locationId: string;
  onHand: bigint;
  reserved: bigint;
  backorderLimit: bigint;
  /** Which location comes first; the highest. */
  priority: number;
  /** Whether nothing is to be taken from the location. */
  paused: boolean;
}

/** What is left of a shelf for those who come next: units that are there, and units that may be sold beyond. */
interface Supply {
  onHand: bigint;
  beyond: bigint;
}

interface Supplies {
  /** The locations, the highest priority first. */
  locations: readonly string[];
  /** By SKU and location. */
  bySku: ReadonlyMap<string, ReadonlyMap<string, Supply>>;
}

/**
 * First come, first served: the holds that the given rows satisfy wholly, and
 * what each of the others is short of at its turn. A SKU without a row has 0
 * available, and so has one that is only where sales are paused.
 */
export function allot(
  holds: readonly Hold[],
  shelves: readonly Shelf[],
): { granted: Placed[]; short: Map<Hold, Shortage[]> } {
  const supplies = suppliesOf(shelves);
  const granted: Placed[] = [];
  const short = new Map<Hold, Shortage[]>();
  for (const hold of holds) {
    const missing = hold.lines.flatMap(({ sku, quantity }) => {
      const available = unitsOf(supplies, sku);
      return available >= quantity ? [] : [{ sku, requested: quantity, available }];
    });
    if (missing.length > 0) short.set(hold, missing);
    else granted.push({ ...hold, shares: place(hold.lines, supplies) });
  }
  return { granted, short };
}

function suppliesOf(shelves: readonly Shelf[]): Supplies {
  const open = shelves.filter(({ paused }) => !paused).sort(byPriority);
  const bySku = new Map<string, Map<string, Supply>>();
  for (const { sku, locationId, onHand, reserved, backorderLimit } of open) {
    const there = onHand > reserved ? onHand - reserved : 0n;
    const supply = { onHand: there, beyond: onHand + backorderLimit - reserved - there };
    const others = bySku.get(sku);
    if (others === undefined) bySku.set(sku, new Map([[locationId, supply]]));
    else others.set(locationId, supply);
  }
  return { locations: [...new Set(open.map(({ locationId }) => locationId))], bySku };
}

function byPriority(a: Shelf, b: Shelf): number {
  if (a.priority !== b.priority) return b.priority - a.priority;
  return a.locationId < b.locationId ? -1 : Number(a.locationId > b.locationId);
}

function unitsOf({ bySku }: Supplies, sku: string): bigint {
  let units = 0n;
  for (const { onHand, beyond } of bySku.get(sku)?.values() ?? []) units += onHand + beyond;
  return units;
}

/**
 * Takes lines off supplies that have enough of each: units on hand before
 * units beyond that, and either from one location when it has all that is still
 * wanted, else from what each has, going by priority until one has the rest.
 */
function place(lines: readonly Line[], supplies: Supplies): Share[] {
  const shares = new Map(lines.map(({ sku }) => [sku, new Map<string, bigint>()]));
  let rest = lines;
  for (const kind of ["onHand", "beyond"] as const) {
    for (;;) {
      const locationId = locationFor(rest, supplies, kind);
      if (locationId === undefined) break;
      rest = rest.flatMap(({ sku, quantity }) => {
        const supply = supplies.bySku.get(sku)?.get(locationId);
        const units = least(supply?.[kind] ?? 0n, quantity);
        if (supply !== undefined && units > 0n) {
          supply[kind] -= units;
          const taken = shares.get(sku);
          taken?.set(locationId, (taken.get(locationId) ?? 0n) + units);
        }
        return units < quantity ? [{ sku, quantity: quantity - units }] : [];
      });
    }
  }
  return [...shares].flatMap(([sku, taken]) =>
    [...taken].map(([locationId, quantity]) => ({ sku, locationId, quantity })),
  );
}

/** The first location that has all of these units, else the first that has any; none when nothing is wanted or there. */
function locationFor(
  rest: readonly Line[],
  { locations, bySku }: Supplies,
  kind: keyof Supply,
): string | undefined {
  if (rest.length === 0) return undefined;
  const at = (sku: string, locationId: string) => bySku.get(sku)?.get(locationId)?.[kind] ?? 0n;
  return (
    locations.find((location) => rest.every(({ sku, quantity }) => at(sku, location) >= quantity)) ??
    locations.find((location) => rest.some(({ sku }) => at(sku, location) > 0n))
  );
}

function least(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
