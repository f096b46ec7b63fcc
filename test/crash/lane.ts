import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { waitFor } from "../../lib/testing/wait-for.ts";
import { startSandboxWorker } from "../../sandbox/start-in-worker.ts";
import { shopDatabase } from "../support/shop.ts";
import { type Journey, type Method, startJourney } from "./journey.ts";
import { isFinal, mayBeFinal, type Outcome, readOrders, readOutcome } from "./outcome.ts";
import type { Point } from "./points.ts";
import { ShopProcess } from "./shop-process.ts";
import { letPass } from "./time.ts";

/** Milliseconds that a shop has to reach a point, or to bring all to an end: sweeps come every few seconds. */
const patienceMs = 60_000;
/** Longer than any lease, heartbeat, late webhook and stalled payment, and shorter than any hold; minutes. */
const downMinutes = 5;
/** Longer than any hold; minutes. */
const lapsedMinutes = 26 * 60;

/** Shops that die again and again, each on a database of its own; the vendors, which live on, are shared. */
export class Lanes {
  readonly #free: ShopProcess[] = [];
  readonly #waiting: ((shop: ShopProcess) => void)[] = [];
  readonly #cleanUps: (() => Promise<unknown>)[] = [];
  readonly #databases = new Map<ShopProcess, string>();
  #journeys = 0;

  static async open(count: number): Promise<Lanes> {
    const lanes = new Lanes();
    const dataDir = await mkdtemp(join(tmpdir(), "rowlock-crash-"));
    lanes.#cleanUps.push(() => rm(dataDir, { recursive: true, force: true }));
    const sandbox = await startSandboxWorker({ dataDir: join(dataDir, "sandbox") });
    lanes.#cleanUps.push(() => sandbox[Symbol.asyncDispose]());
    for (let i = 0; i < count; i++) {
      const database = await shopDatabase();
      lanes.#cleanUps.push(() => database[Symbol.asyncDispose]());
      const ground = {
        databaseUrl: database.url,
        dataDir: join(dataDir, String(i)),
        sandboxUrl: sandbox.url,
      };
      const shop = await ShopProcess.open(ground);
      lanes.#cleanUps.push(() => shop[Symbol.asyncDispose]());
      lanes.#databases.set(shop, database.url);
      lanes.#free.push(shop);
    }
    return lanes;
  }

  /** The steps of a journey that nothing disturbs, in their order, and what becomes of it. */
  async record(method: Method): Promise<{ steps: string[]; outcome: Outcome }> {
    return this.#with(async (shop) => {
      const journey = await this.#journey(shop, method);
      await shop.watch();
      await journey.goOn();
      const outcome = await this.#settled(shop, journey);
      // The last steps are what follows the last message.
      await waitFor(() => shop.steps.filter(isJobStep).length % 2 === 0, { what: "the end of the last job" });
      return { steps: [...shop.steps], outcome };
    });
  }

  /**
   * Lets a journey's shop die at a point and start again minutes later. The buyer comes back with the request that
   * was not answered, or never. Returns what becomes of it all.
   */
  async die(method: Method, { point, returns }: { point: Point; returns: boolean }): Promise<Outcome> {
    return this.#with(async (shop) => {
      const journey = await this.#journey(shop, method);
      await shop.watch(point);
      const silence = await journey.goOn().catch((err: unknown) => err);
      await waitFor(() => shop.isDead, {
        timeoutMs: patienceMs,
        what: `the step ${point.step} (last of the buyer: ${String(silence)})`,
      });
      await letPass(this.#databases.get(shop) ?? "", downMinutes);
      await shop.start();
      if (returns) await journey.goOn();
      return this.#settled(shop, journey);
    });
  }

  /** Waits until nothing is under way any more. What only waits for its buyer is left alone until its hold is over. */
  async #settled(shop: ShopProcess, journey: Journey): Promise<Outcome> {
    let lapsed = false;
    let last: Partial<Outcome> = {};
    try {
      return await waitFor(
        async () => {
          const { orders, payment } = (last = await readOrders(shop.shop, journey));
          if (mayBeFinal({ orders })) {
            const outcome = await readOutcome(shop.shop, journey);
            if (isFinal(outcome)) return outcome;
            last = outcome;
          }
          const isIdle =
            orders.length === 0 || (orders[0] === "STATE_PENDING_PAYMENT" && payment !== "STATE_PROCESSING");
          if (isIdle && !lapsed) {
            lapsed = true;
            await letPass(this.#databases.get(shop) ?? "", lapsedMinutes);
          }
          return undefined;
        },
        { timeoutMs: patienceMs, intervalMs: 300, what: "an end" },
      );
    } catch (cause) {
      throw new Error(`no end, but ${JSON.stringify(last)}; the shop said:\n${shop.output}`, { cause });
    }
  }

  async #journey(shop: ShopProcess, method: Method): Promise<Journey> {
    if (shop.isDead) await shop.start();
    return startJourney(shop.shop, this.#journeys++, method);
  }

  async #with<T>(work: (shop: ShopProcess) => Promise<T>): Promise<T> {
    const shop =
      this.#free.pop() ?? (await new Promise<ShopProcess>((resolve) => this.#waiting.push(resolve)));
    try {
      return await work(shop);
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free.push(shop);
      else next(shop);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const cleanUp of this.#cleanUps.reverse()) await cleanUp();
  }
}

function isJobStep(step: string): boolean {
  return step.startsWith("jobs: ");
}
