import type { Facts, OrderFact } from "./facts.ts";

/** One thing that must hold, and where it does not. */
export interface Check {
  /** What must hold. */
  name: string;
  /** How many things were looked at. */
  checked: number;
  /** One line each. */
  violations: readonly string[];
}

/** Everything that must hold after a sale that has come to rest. Looks at the facts alone, and so can be tested. */
export function verify(facts: Facts): Check[] {
  const found = index(facts);
  return checks.map(([name, run]) => {
    const violations: string[] = [];
    const checked = run(facts, found, (violation) => violations.push(violation));
    return { name, checked, violations };
  });
}

/** The facts, to be looked up. */
interface Index {
  /** Orders whose goods and money have changed hands. */
  bought: readonly OrderFact[];
  /** Orders that were canceled or have expired. */
  ended: readonly OrderFact[];
  orders: ReadonlyMap<string, OrderFact>;
  chargesOf: ReadonlyMap<string, Facts["charges"]>;
  paymentsOf: ReadonlyMap<string, Facts["payments"]>;
  reservationsOf: ReadonlyMap<string, Facts["reservations"]>;
  /** Labels that were bought and not refunded, by order. */
  labelsOf: ReadonlyMap<string, number>;
  messagesOf: ReadonlyMap<string, Facts["messages"]>;
}

/** Looks at some facts, calls `wrong` for each that is, and returns how many it has looked at. */
type Run = (facts: Facts, found: Index, wrong: (violation: string) => void) => number;

const isBought = ({ state }: OrderFact) => state === "PAID" || state === "FULFILLED";
const isEnded = ({ state }: OrderFact) => state === "CANCELED" || state === "EXPIRED";
/** How to pay is not told any more once it is paid. */
const isOldNews = (event: string) => event.includes(":instructions:");
/** States of a message that its provider has taken. */
const taken = new Set(["SENT", "DELIVERED", "UNDELIVERED"]);

const checks: readonly (readonly [string, Run])[] = [
  [
    "the shop came to rest",
    ({ unrest, failedJobs }, _, wrong) => {
      for (const [what, count] of unrest) wrong(`${count} × ${what} still open`);
      for (const { name, orderId } of failedJobs) wrong(`job ${name} was given up ${orderId}`);
      return unrest.size + failedJobs.length;
    },
  ],
  [
    "no SKU is oversold",
    ({ units, stock }, { bought }, wrong) => {
      const sold = unitsSold(bought);
      for (const { sku, onHand, reserved } of stock) {
        const most = units.get(sku) ?? 0;
        const count = sold.get(sku) ?? 0;
        if (count > most) wrong(`${sku}: ${count} sold of ${most}`);
        if (onHand < 0 || reserved < 0 || reserved > onHand) {
          wrong(`${sku}: on hand ${onHand}, reserved ${reserved}`);
        }
      }
      return stock.length;
    },
  ],
  [
    "counters = ledger = holds = orders",
    ({ units, stock }, { bought }, wrong) => {
      const sold = unitsSold(bought);
      for (const { sku, onHand, reserved, ledgerOnHand, ledgerReserved, held } of stock) {
        if (onHand !== ledgerOnHand) wrong(`${sku}: on hand ${onHand}, ledger ${ledgerOnHand}`);
        if (reserved !== ledgerReserved) wrong(`${sku}: reserved ${reserved}, ledger ${ledgerReserved}`);
        if (reserved !== held) wrong(`${sku}: reserved ${reserved}, holds ${held}`);
        const left = (units.get(sku) ?? 0) - (sold.get(sku) ?? 0);
        if (onHand !== left) wrong(`${sku}: on hand ${onHand}, not sold ${left}`);
      }
      return stock.length;
    },
  ],
  [
    "no hold is left",
    ({ holds, reservations }, _, wrong) => {
      for (const { reservationId, sku, quantity } of holds)
        wrong(`${reservationId} holds ${quantity} × ${sku}`);
      return reservations.length;
    },
  ],
  [
    "bought goods are committed, once; others are not",
    (_, { orders, bought, reservationsOf }, wrong) => {
      for (const order of orders.values()) {
        const committed = (reservationsOf.get(order.id) ?? []).filter(({ state }) => state === "COMMITTED");
        const want = isBought(order) ? 1 : 0;
        if (committed.length !== want) wrong(`${order.id} ${order.state}: ${committed.length} committed`);
      }
      return bought.length;
    },
  ],
  [
    "money is kept for bought orders only, once, and right",
    ({ charges }, { orders, chargesOf, paymentsOf }, wrong) => {
      for (const [orderId, ofOrder] of chargesOf) {
        const order = orders.get(orderId);
        const kept = ofOrder.filter(({ received, refunded }) => received > refunded);
        const byCard = (paymentsOf.get(orderId) ?? []).filter(
          ({ state, method }) => state === "CAPTURED" && method === "card",
        );
        const sum = kept.reduce((total, { received, refunded }) => total + received - refunded, 0);
        if (kept.length > 1) wrong(`${orderId}: charged ${kept.length} times`);
        if (sum > 0 && (order === undefined || !isBought(order))) {
          wrong(`${orderId} ${order?.state ?? "does not exist"}: ${sum} charged without goods`);
        } else if (sum > 0 && sum !== order?.total) wrong(`${orderId}: charged ${sum}, not ${order?.total}`);
        if (kept.length !== byCard.length) {
          wrong(`${orderId}: Stripe keeps money of ${kept.length} payments, the shop of ${byCard.length}`);
        }
      }
      return charges.length;
    },
  ],
  [
    "every bought order was paid, once, and right",
    (_, { bought, paymentsOf, chargesOf }, wrong) => {
      for (const { id, total } of bought) {
        const paid = (paymentsOf.get(id) ?? []).filter(({ state }) => state === "CAPTURED");
        const [payment] = paid;
        if (payment === undefined || paid.length > 1) {
          wrong(`${id}: ${paid.length} captured payments`);
          continue;
        }
        if (payment.amount !== total || payment.refunded !== 0) {
          wrong(`${id}: paid ${payment.amount}, refunded ${payment.refunded}, total ${total}`);
        }
        const charged = (chargesOf.get(id) ?? []).some(({ received, refunded }) => received > refunded);
        if (payment.method === "card" && !charged) wrong(`${id}: goods without a charge at Stripe`);
      }
      return bought.length;
    },
  ],
  [
    "canceled and expired orders hold no money and no stock",
    (_, { ended, paymentsOf, chargesOf, reservationsOf }, wrong) => {
      for (const { id, state } of ended) {
        for (const payment of paymentsOf.get(id) ?? []) {
          if (!["FAILED", "CANCELED", "REFUNDED"].includes(payment.state)) {
            wrong(`${id} ${state}: payment ${payment.id} is ${payment.state}`);
          }
        }
        for (const charge of chargesOf.get(id) ?? []) {
          if (charge.status === "requires_capture") wrong(`${id} ${state}: ${charge.id} is still authorized`);
        }
        for (const reservation of reservationsOf.get(id) ?? []) {
          if (reservation.state === "HELD") wrong(`${id} ${state}: ${reservation.id} still holds`);
        }
      }
      return ended.length;
    },
  ],
  [
    "no cart became two orders",
    ({ orders }, _, wrong) => {
      const byCart = Map.groupBy(orders, ({ cartId }) => cartId);
      for (const [cartId, made] of byCart) if (made.length > 1) wrong(`${cartId}: ${made.length} orders`);
      return byCart.size;
    },
  ],
  [
    "one key, one order",
    ({ buyers }, { orders }, wrong) => {
      const byKey = Map.groupBy(
        buyers.flatMap(({ placed }) => placed),
        ({ key }) => key,
      );
      for (const [key, answers] of byKey) {
        const ids = new Set(answers.map(({ orderId }) => orderId));
        if (ids.size > 1) wrong(`${key}: ${[...ids].join(", ")}`);
        for (const id of ids) if (!orders.has(id)) wrong(`${key}: ${id} does not exist`);
      }
      return byKey.size;
    },
  ],
  [
    "who was told “paid” has the goods",
    ({ buyers }, { orders }, wrong) => {
      const told = buyers.flatMap(({ toldPaid }) => toldPaid);
      for (const id of told) {
        const state = orders.get(id)?.state ?? "does not exist";
        if (state !== "FULFILLED") wrong(`${id}: ${state}`);
      }
      return told.length;
    },
  ],
  [
    "every bought order is shipped, with one label; others have none",
    (_, { orders, labelsOf }, wrong) => {
      for (const order of orders.values()) {
        const labels = labelsOf.get(order.id) ?? 0;
        if (order.state === "PAID") wrong(`${order.id}: paid, not shipped`);
        if (labels !== (isBought(order) ? 1 : 0)) wrong(`${order.id} ${order.state}: ${labels} labels`);
      }
      return orders.size;
    },
  ],
  [
    "one e-mail and one text message for each event",
    ({ orders, messages, emails, texts }, { messagesOf }, wrong) => {
      for (const { id, state } of orders) {
        const events = Map.groupBy(messagesOf.get(id) ?? [], ({ eventKey }) => eventKey);
        // What ended twice, because money came late, is told twice: `ord_…:expired`, `ord_…:expired:again`.
        const told = [...events.keys()].some((key) => key.startsWith(`${id}:${state.toLowerCase()}`));
        if (state !== "PENDING_PAYMENT" && state !== "PAID" && !told)
          wrong(`${id} ${state}: nobody was told`);
        for (const [event, about] of events) {
          for (const channel of ["EMAIL", "SMS"]) {
            const sent = about.filter((message) => message.channel === channel && taken.has(message.state));
            const withdrawn = about.some(
              (message) => message.channel === channel && message.state === "REFUSED",
            );
            if (sent.length !== 1 && !(withdrawn && isOldNews(event)))
              wrong(`${event}: ${sent.length} × ${channel}`);
          }
        }
      }
      const arrived = { EMAIL: countBy(emails), SMS: countBy(texts) };
      for (const channel of ["EMAIL", "SMS"] as const) {
        const recorded = countBy(
          messages
            .filter((message) => message.channel === channel && taken.has(message.state))
            .map(({ recipient }) => ({ to: recipient })),
        );
        for (const to of new Set([...recorded.keys(), ...arrived[channel].keys()])) {
          const [want, got] = [recorded.get(to) ?? 0, arrived[channel].get(to) ?? 0];
          if (want !== got) wrong(`${to}: ${want} × ${channel} recorded, ${got} arrived`);
        }
      }
      return messages.length;
    },
  ],
  [
    "every webhook was applied",
    ({ webhooks }, _, wrong) => {
      for (const { provider, type, state, count } of webhooks) {
        if (state !== "APPLIED") wrong(`${provider}: ${count} × ${type} is ${state}`);
      }
      return webhooks.reduce((sum, { count }) => sum + count, 0);
    },
  ],
  [
    "the shop's own checks find nothing",
    ({ reconciliations }, _, wrong) => {
      for (const { service, status, violations } of reconciliations) {
        if (status !== 200) wrong(`${service}: Reconcile answered ${status}`);
        for (const violation of violations) wrong(`${service}: ${JSON.stringify(violation)}`);
      }
      return reconciliations.length;
    },
  ],
  [
    "every buyer was answered as the contract says",
    ({ buyers }, _, wrong) => {
      for (const { email, unexpected } of buyers) for (const what of unexpected) wrong(`${email}: ${what}`);
      return buyers.length;
    },
  ],
];

function index(facts: Facts): Index {
  const orderOfShipment = new Map(facts.shipments.map(({ id, orderId }) => [id, orderId]));
  const labels = facts.labels
    .filter(({ status }) => status === "SUCCESS" || status === "QUEUED" || status === "WAITING")
    .map(({ shipmentId }) => ({ to: orderOfShipment.get(shipmentId) ?? shipmentId }));
  return {
    bought: facts.orders.filter(isBought),
    ended: facts.orders.filter(isEnded),
    orders: new Map(facts.orders.map((order) => [order.id, order])),
    chargesOf: Map.groupBy(facts.charges, ({ orderId }) => orderId),
    paymentsOf: Map.groupBy(facts.payments, ({ orderId }) => orderId),
    // An order's reservations are named after it: `ord_…`, `ord_…:2`, …
    reservationsOf: Map.groupBy(facts.reservations, ({ id }) => id.split(":")[0] ?? id),
    labelsOf: countBy(labels),
    messagesOf: Map.groupBy(facts.messages, ({ orderId }) => orderId),
  };
}

/** Units of each SKU in these orders. */
export function unitsSold(orders: readonly OrderFact[]): Map<string, number> {
  const sold = new Map<string, number>();
  for (const { sku, quantity } of orders.flatMap(({ lines }) => lines)) {
    sold.set(sku, (sold.get(sku) ?? 0) + quantity);
  }
  return sold;
}

function countBy(items: readonly { to: string }[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { to } of items) counts.set(to, (counts.get(to) ?? 0) + 1);
  return counts;
}
