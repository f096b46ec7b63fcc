import { setTimeout as delay } from "node:timers/promises";
import type { Buyer } from "./buyer.ts";
import { type Market, sell } from "./sale.ts";
import type { FactStore } from "./store-facts.ts";

const lookEveryMs = 1_000;
const sayEveryMs = 10_000;

/**
 * Waits until nothing is under way any more. Meanwhile the staff reject the transfers that never came. What then
 * is still for sale, because holds have expired, goes to those who were refused before, until nothing is left or
 * nobody wants it. Returns what was still under way when the time was up; nothing is how it should be.
 */
export async function comeToRest({
  market,
  store,
  buyers,
  rejectTransfer,
  patienceMs,
  say,
}: {
  market: Market;
  store: FactStore;
  buyers: readonly Buyer[];
  rejectTransfer: (paymentId: string) => Promise<void>;
  /** How long each wait may take. */
  patienceMs: number;
  say: (line: string) => void;
}): Promise<Map<string, number>> {
  for (;;) {
    const unrest = await waitForRest();
    if (unrest.size > 0) return unrest;
    const left = await store.available();
    const late = buyers.filter(({ outcome }) => outcome === "refused");
    const offers = left.flatMap(({ sku, units }) => Array.from({ length: units }, () => sku));
    if (offers.length === 0 || late.length === 0) return unrest;
    const again = late.slice(0, offers.length);
    for (const [i, buyer] of again.entries()) {
      buyer.skus = offers.slice(i, i + 1);
      buyer.intention = "pay";
    }
    say(`${offers.length} units came back; ${again.length} of those refused come again`);
    await sell(market, { buyers: again, seconds: 0, onDone: () => undefined });
    // Nobody got any: asking the same people again would not end.
    if (again.every(({ outcome }) => outcome !== "sold")) return waitForRest();
  }

  async function waitForRest(): Promise<Map<string, number>> {
    const begin = performance.now();
    for (let said = begin; ; ) {
      for (const id of await store.openTransfers()) await rejectTransfer(id);
      const unrest = await store.unrest();
      const now = performance.now();
      if (unrest.size === 0 || now - begin > patienceMs) return unrest;
      if (now - said > sayEveryMs) {
        said = now;
        say(`waiting for ${[...unrest].map(([name, count]) => `${count} × ${name}`).join(", ")}`);
      }
      await delay(lookEveryMs, undefined, { signal: market.signal });
    }
  }
}
