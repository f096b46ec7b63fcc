import { percentile } from "../journey/statistics.ts";

/** Holds one unit of the SKU under a new id; rejects unless it is held. */
export type Buyer = (id: string, sku: string) => Promise<unknown>;

/** What a run came to. Times in milliseconds. */
export interface Run {
  perSecond: number;
  p50: number;
  p99: number;
  /** Units held, those of the warm-up included. */
  held: number;
}

/** Lets `inFlight` buyers buy one after the other, each a random SKU, and measures after the warm-up. */
export async function drive({
  buy,
  skus,
  inFlight,
  warmUpSeconds,
  seconds,
}: {
  buy: Buyer;
  skus: readonly string[];
  inFlight: number;
  warmUpSeconds: number;
  seconds: number;
}): Promise<Run> {
  const times: number[] = [];
  let held = 0;
  const from = performance.now() + warmUpSeconds * 1000;
  const until = from + seconds * 1000;
  const buyer = async (_: unknown, number: number) => {
    for (let i = 0; performance.now() < until; i++) {
      const start = performance.now();
      await buy(`bench-${number}-${i}`, skus[Math.floor(Math.random() * skus.length)] ?? "");
      const end = performance.now();
      held++;
      if (end >= from && end <= until) times.push(end - start);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, buyer));
  times.sort((a, b) => a - b);
  return {
    perSecond: times.length / seconds,
    p50: percentile(times, 0.5),
    p99: percentile(times, 0.99),
    held,
  };
}
