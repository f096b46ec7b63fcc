/** One call, by short names: `O1` is an order, `A` a promotion, `B/B1` a promotion with its coupon. */
export type Command =
  | { rpc: "redeem"; order: string; uses: string[]; customer: string }
  | { rpc: "release"; order: string }
  | { rpc: "limit"; promotion: string; limit: number; customerLimit: number }
  | { rpc: "pause"; promotion: string; paused: boolean }
  | { rpc: "disable"; code: string };

/** `ok`, or the reason of a refusal and the promotion or code that it names. */
export type Answer = string;

interface Promotion {
  limit: number;
  customerLimit: number;
  paused: boolean;
}

/** What a test starts with: promotions, A automatic, and their coupons with the limits that these have. */
export const coupons: Record<string, number> = { "B/B1": 2, "B/B2": 0, "C/C1": 0 };
export const promotions: readonly string[] = ["A", "B", "C"];

/** What Promotion does, one call after the other: the contract without counters, locks, SQL and batches. */
export class Model {
  promotions: Record<string, Promotion> = Object.fromEntries(
    promotions.map((name) => [name, { limit: 0, customerLimit: 0, paused: false }]),
  );
  disabled: string[] = [];
  orders: Record<string, { uses: string[]; customer: string; released: boolean }> = {};

  /** A model of its own that goes on from here. */
  fork(): Model {
    const { promotions, disabled, orders } = this;
    return Object.assign(new Model(), structuredClone({ promotions, disabled, orders }));
  }

  /** The same for models that cannot be told apart. */
  get state(): string {
    const orders = Object.entries(this.orders).sort(([a], [b]) => (a < b ? -1 : 1));
    return JSON.stringify([this.promotions, [...new Set(this.disabled)].sort(), orders]);
  }

  apply(command: Command): Answer {
    switch (command.rpc) {
      case "redeem":
        return this.#redeem(command);
      case "release":
        this.orders[command.order] = {
          uses: [],
          customer: "",
          ...this.orders[command.order],
          released: true,
        };
        return "ok";
      case "limit": {
        const { promotion, limit, customerLimit } = command;
        if (limit > 0 && (customerLimit > limit || this.count(promotion) > limit)) return "PROMOTION_INVALID";
        Object.assign(this.#promotion(promotion), { limit, customerLimit });
        return "ok";
      }
      case "pause":
        this.#promotion(command.promotion).paused = command.paused;
        return "ok";
      case "disable":
        this.disabled.push(command.code);
        return "ok";
      default:
        return command satisfies never;
    }
  }

  /** Orders that use a promotion, or a promotion with its coupon; of one customer when given. */
  count(use: string, customer?: string): number {
    return Object.values(this.orders).filter(
      (order) =>
        !order.released &&
        order.uses.some((each) => each === use || each.startsWith(`${use}/`)) &&
        (customer === undefined || order.customer === customer),
    ).length;
  }

  #redeem({ order, uses, customer }: Command & { rpc: "redeem" }): Answer {
    const before = this.orders[order];
    if (before?.released) return "REDEMPTION_RELEASED";
    if (before !== undefined) {
      return before.uses.toSorted().join() === uses.toSorted().join() ? "ok" : "REDEMPTION_MISMATCH";
    }
    for (const use of uses) {
      const [name = "", code] = use.split("/");
      const { limit, customerLimit, paused } = this.#promotion(name);
      if (code !== undefined && this.disabled.includes(code)) return `PROMOTION_NOT_ACTIVE ${name}`;
      if (paused) return `PROMOTION_NOT_ACTIVE ${name}`;
      if (limit > 0 && this.count(name) >= limit) return `LIMIT_REACHED ${name}`;
      const couponLimit = coupons[use] ?? 0;
      if (couponLimit > 0 && this.count(use) >= couponLimit) return `LIMIT_REACHED ${name}`;
      if (customerLimit > 0 && this.count(name, customer) >= customerLimit) {
        return `CUSTOMER_LIMIT_REACHED ${name}`;
      }
    }
    this.orders[order] = { uses, customer, released: false };
    return "ok";
  }

  #promotion(name: string): Promotion {
    const promotion = this.promotions[name];
    if (promotion === undefined) throw new Error(`there is no promotion ${name}`);
    return promotion;
  }
}
