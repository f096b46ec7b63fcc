import { setTimeout as delay } from "node:timers/promises";
import { answerBank } from "../support/bank.ts";
import { type Buyer, newBuyer } from "../support/buyer.ts";
import { insist, Refused } from "../support/insist.ts";
import type { Random } from "../support/random.ts";
import { type Answer, type Rest, reasonIn } from "../support/rest.ts";
import type { TestShop } from "../support/shop.ts";

/** What a customer does once the order is placed. */
interface Plan {
  /** The cards, one after the other; the last one again and again. */
  cards: readonly string[];
  /** What is said to the banks that ask. */
  says: readonly ("authorise" | "fail")[];
  next: "keep it" | "cancel before paying" | "cancel once paid" | "refund a unit" | "refund all";
}

/** Units of its SKU that each customer buys. */
export const units = 2;

const visa = "pm_card_visa";
const asking = "pm_card_authenticationRequired";
const plans: readonly [share: number, Plan][] = [
  [30, { cards: [visa], says: [], next: "keep it" }],
  [20, { cards: [asking], says: ["authorise"], next: "keep it" }],
  [10, { cards: [asking, visa], says: ["fail"], next: "keep it" }],
  [10, { cards: ["pm_card_chargeDeclined", visa], says: [], next: "keep it" }],
  [5, { cards: [visa], says: [], next: "cancel before paying" }],
  [10, { cards: [visa], says: [], next: "cancel once paid" }],
  [5, { cards: [asking], says: ["authorise"], next: "refund all" }],
  [10, { cards: [visa], says: [], next: "refund a unit" }],
];

/** The plan of one customer out of a hundred. */
export function drawPlan(random: Random): Plan {
  let drawn = random.int(100);
  const found = plans.find(([share]) => (drawn -= share) < 0);
  if (found === undefined) throw new Error("the shares are not a hundred");
  return found[1];
}

/** How long a customer looks whether a payment has moved. */
const patience = { looks: 100, pauseMs: 100 };

/** A customer who goes away when nothing moves, and may come back to where the order stands. */
export class Customer {
  readonly email: string;
  readonly phone: string;
  readonly plan: Plan;
  orderId = "";
  isDone = false;
  readonly #name: string;
  readonly #sku: string;
  readonly #shop: TestShop;
  #buyer: Buyer | undefined;
  #chosen = false;
  #attempts = 0;
  readonly #answered = new Set<string>();

  constructor(shop: TestShop, { number, sku, plan }: { number: number; sku: string; plan: Plan }) {
    this.#shop = shop;
    this.#name = `customer-${number}`;
    this.#sku = sku;
    this.plan = plan;
    this.email = `${this.#name}@example.com`;
    this.phone = `+1415557${String(number).padStart(4, "0")}`;
  }

  /** Goes on with what is left of the plan. @throws Refused when the shop does not do it */
  async goOn(): Promise<void> {
    if (this.isDone) return;
    const buyer = (this.#buyer ??= await this.#fillCart());
    const { plan } = this;
    const { token } = buyer;
    const post = (path: string, key: string, body: object) =>
      insist(this.#shop.rest, path, { token, key: `${this.#name}-${key}`, body });
    const { id, shippingMethods } = await post("/v1/orders", "place", { cartId: buyer.cartId });
    this.orderId = id;
    const path = `/v1/orders/${id}`;
    if (!this.#chosen) {
      const shippingMethodId = shippingMethods[0].id;
      await post(`${path}:setShippingMethod`, "choose", { shippingMethodId });
      this.#chosen = true;
    }
    if (plan.next === "cancel before paying") await post(`${path}:cancel`, "cancel", {});
    else {
      await this.#pay(buyer);
      if (plan.next === "cancel once paid") {
        await unless("ORDER_NOT_CANCELABLE", post(`${path}:cancel`, "cancel", {}));
      }
      if (plan.next === "refund a unit") await this.#refund([{ sku: this.#sku, quantity: 1 }]);
      if (plan.next === "refund all") await this.#refund([]);
    }
    this.isDone = true;
  }

  async #fillCart(): Promise<Buyer> {
    const buyer = await newBuyer(this.#shop.rest);
    await buyer.add(this.#sku, units);
    await buyer.deliver(this.email, this.phone);
    return buyer;
  }

  async #pay(buyer: Buyer): Promise<void> {
    const { token } = buyer;
    const { cards, says } = this.plan;
    const path = `/v1/orders/${this.orderId}`;
    let last: Answer | undefined;
    for (let looks = 0; looks < patience.looks; looks++) {
      last = await buyer.get(this.orderId);
      const { state, payment } = last.body;
      if (state !== "STATE_PENDING_PAYMENT") return;
      if (payment === undefined || payment.state === "STATE_FAILED") {
        const paymentMethod = cards[Math.min(this.#attempts, cards.length - 1)];
        const key = `${this.#name}-pay-${this.#attempts++}`;
        const body = { card: { paymentMethod } };
        await unless("PAYMENT_DECLINED", insist(this.#shop.rest, `${path}:pay`, { token, key, body }));
        continue;
      }
      const page = payment.redirectUrl as string;
      if (payment.state === "STATE_REQUIRES_ACTION" && !this.#answered.has(page)) {
        await answerBank(page, says[this.#answered.size] ?? "authorise");
        this.#answered.add(page);
      }
      await this.#shop.rest("POST", `${path}:confirmPayment`, { token, body: {} });
      await delay(patience.pauseMs);
    }
    throw new Refused(`${path}:pay`, last as Answer);
  }

  async #refund(items: readonly object[]): Promise<void> {
    const { rest, staff } = this.#shop;
    const call = { staff, key: `${this.#name}-refund`, body: { items } };
    await insist(rest, `/v1/orders/${this.orderId}:refund`, call);
  }
}

async function unless(reason: string, call: Promise<unknown>): Promise<void> {
  await call.catch((err: unknown) => {
    if (!(err instanceof Refused) || reasonIn(err.answer) !== reason) throw err;
  });
}

/** The same shop; each of its answers that is neither good nor a typed refusal is noted. */
export function watched(shop: TestShop, unexpected: string[]): TestShop {
  const rest: Rest = async (method, path, call) => {
    const answer = await shop.rest(method, path, call);
    const { status } = answer;
    const isTyped = reasonIn(answer) !== undefined && (status < 500 || status === 503 || status === 504);
    if (status !== 200 && !isTyped) unexpected.push(`${path}: ${status} ${JSON.stringify(answer.body)}`);
    return answer;
  };
  return { ...shop, rest };
}
