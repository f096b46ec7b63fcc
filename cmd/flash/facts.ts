import type { Buyer } from "./buyer.ts";

/** What is to be found after a sale: in the shop's tables, at the providers, and with the buyers. */
export interface Facts extends ShopFacts, ProviderFacts {
  /** Units of each SKU that there were to sell. */
  units: ReadonlyMap<string, number>;
  buyers: readonly Buyer[];
  /** What the shop's own checks say. */
  reconciliations: readonly Reconciliation[];
  /** What did not come to rest in time, by name; nothing is expected. */
  unrest: ReadonlyMap<string, number>;
}

/** What the shop's tables say. Amounts are in minor units. */
export interface ShopFacts {
  stock: readonly {
    sku: string;
    onHand: number;
    reserved: number;
    ledgerOnHand: number;
    ledgerReserved: number;
    held: number;
  }[];
  holds: readonly { reservationId: string; sku: string; quantity: number }[];
  reservations: readonly { id: string; state: string }[];
  orders: readonly OrderFact[];
  payments: readonly PaymentFact[];
  shipments: readonly { id: string; orderId: string }[];
  messages: readonly {
    orderId: string;
    /** For example `ord_…:fulfilled`. */
    eventKey: string;
    channel: string;
    state: string;
    recipient: string;
  }[];
  /** Events in the inboxes; `repeated` is how often one came that was there already. */
  webhooks: readonly { provider: string; type: string; state: string; count: number; repeated: number }[];
  failedJobs: readonly { name: string; orderId: string }[];
  /** Orders of which a job was done by another process than the one that had begun it, or once more. */
  retriedOrders: readonly string[];
}

export interface OrderFact {
  id: string;
  cartId: string;
  state: string;
  total: number;
  lines: readonly { sku: string; quantity: number }[];
}

export interface PaymentFact {
  id: string;
  orderId: string;
  state: string;
  amount: number;
  refunded: number;
  /** `card`, or a bank's method. */
  method: string;
}

/** What the providers say. */
export interface ProviderFacts {
  charges: readonly {
    id: string;
    orderId: string;
    status: string;
    received: number;
    refunded: number;
  }[];
  labels: readonly { shipmentId: string; status: string }[];
  emails: readonly { to: string }[];
  texts: readonly { to: string }[];
}

/** One Reconcile call in a dry run. */
export interface Reconciliation {
  service: string;
  /** HTTP status. */
  status: number;
  violations: readonly unknown[];
}
