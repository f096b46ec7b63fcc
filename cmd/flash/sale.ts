import { setTimeout as delay } from "node:timers/promises";
import { type Buyer, type Doors, newBuyer, visit } from "./buyer.ts";
import { createHttpClient } from "./http-client.ts";
import type { Measurements } from "./measurements.ts";
import { createRandom } from "./random.ts";
import { createShopClient } from "./shop-client.ts";

/** Draws the buyers of a sale. */
export function drawBuyers({
  seed,
  count,
  skus,
}: {
  seed: number;
  count: number;
  skus: readonly string[];
}): Buyer[] {
  const random = createRandom(seed, 10);
  return Array.from({ length: count }, (_, index) => newBuyer(index, skus, random));
}

/** The shop as its buyers see it. */
export interface Market {
  url: string;
  staffKey: string;
  seed: number;
  inFlight: number;
  measurements: Measurements;
  signal: AbortSignal;
}

/**
 * Lets the buyers in, so many at a time, their arrivals spread over `seconds`, and waits until all have left.
 * Rejects when the sale is stopped.
 */
export async function sell(
  market: Market,
  { buyers, seconds, onDone }: { buyers: readonly Buyer[]; seconds: number; onDone: (buyer: Buyer) => void },
): Promise<void> {
  const { signal, inFlight } = market;
  // A buyer may send two requests at once.
  using http = createHttpClient(market.url, 2 * inFlight);
  const begin = performance.now();
  const queue = buyers.entries();
  const doorkeeper = async () => {
    for (const [i, buyer] of queue) {
      const wait = begin + (i / buyers.length) * seconds * 1000 - performance.now();
      if (wait > 0) await delay(wait, undefined, { signal });
      signal.throwIfAborted();
      await visit(buyer, doorsOf(market, { http, buyer }));
      onDone(buyer);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, doorkeeper));
}

function doorsOf(
  { staffKey, seed, measurements, signal }: Market,
  { http, buyer }: { http: ReturnType<typeof createHttpClient>; buyer: Buyer },
): Doors {
  const random = createRandom(seed, 1_000 + buyer.index);
  const client = (headers: Record<string, string>) =>
    createShopClient({ http, headers, random, measurements, signal });
  return {
    anybody: client({}),
    staff: client({ authorization: `Bearer ${staffKey}` }),
    holder: (token) => client({ "rowlock-token": token }),
  };
}

/** Counts the buyers by how they ended. */
export function countOutcomes(buyers: readonly Buyer[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { outcome = "under way" } of buyers) counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  return counts;
}
