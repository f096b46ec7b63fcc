import type { HandlerContext } from "@connectrpc/connect";
import type { Queryable } from "../../lib/db/index.ts";
import { callerOf } from "../../lib/rpc/index.ts";
import type { CardProcessor } from "./card-processor.ts";
import { fail } from "./reasons.ts";
import type { PaymentDeps } from "./service.ts";
import {
  findDeleted,
  findProviderCustomer,
  insertProviderCustomer,
  removeCustomer,
  removeMethod,
} from "./store-method.ts";

/** What may be known of a card; its number is with the provider alone. */
export interface CardDetails {
  /** The provider's id of it. */
  providerId: string;
  brand: string;
  last4: string;
  /** From 1. */
  expiryMonth: number;
  expiryYear: number;
}

/** A payment method that a customer has saved. */
export interface SavedMethod extends CardDetails {
  id: string;
  customerId: string;
  createTime: Date;
}

/** The customer who calls. @throws ACCOUNT_REQUIRED when it is anybody else. */
export function customerOf(ctx: HandlerContext): string {
  const { kind, id } = callerOf(ctx);
  if (kind !== "customer") throw fail("ACCOUNT_REQUIRED", {});
  return id;
}

/**
 * The provider's id of a customer, who is made there at the first time. May be repeated, and run at the same time: the
 * provider makes one for each customer.
 *
 * @throws PROVIDER_UNAVAILABLE, PROVIDER_MISCONFIGURED.
 */
export async function ensureCustomer(
  { db, cards }: { db: Queryable; cards: CardProcessor },
  customerId: string,
): Promise<string> {
  const known = await findProviderCustomer(db, customerId);
  if (known !== undefined) return known;
  const providerId = await cards.createCustomer(customerId);
  await insertProviderCustomer(db, { customerId, providerId });
  return (await findProviderCustomer(db, customerId)) ?? providerId;
}

/**
 * Has the provider forget a method that its customer deleted. Safe to repeat.
 *
 * @throws PROVIDER_UNAVAILABLE, PROVIDER_MISCONFIGURED.
 */
export async function forgetMethod(
  { db, cards }: Pick<PaymentDeps, "db" | "cards">,
  { id, providerId }: Pick<SavedMethod, "id" | "providerId">,
): Promise<void> {
  await cards.detach(providerId);
  await removeMethod(db, id);
}

/**
 * Has the provider forget a customer with all saved methods, and then the shop. Safe to repeat: until the provider has
 * answered, the shop knows whom to ask it for.
 *
 * @throws PROVIDER_UNAVAILABLE, PROVIDER_MISCONFIGURED.
 */
export async function forgetCustomer(
  { db, cards }: Pick<PaymentDeps, "db" | "cards">,
  customerId: string,
): Promise<void> {
  const providerId = await findProviderCustomer(db, customerId);
  if (providerId !== undefined) await cards.deleteCustomer(providerId);
  await db.transaction((tx) => removeCustomer(tx, customerId));
}

/** How many methods one sweep visits at most. */
const sweepLimit = 50;
/** A method deleted so long ago has lost its call; longer than any may take. */
const abandonedMs = 60_000;

/** Goes on with methods whose call died, or whose provider did not answer. Returns how many it visited. */
export async function sweepMethods(
  deps: Pick<PaymentDeps, "db" | "cards" | "clock" | "log">,
): Promise<number> {
  const before = new Date(deps.clock().getTime() - abandonedMs);
  const deleted = await findDeleted(deps.db, { before, limit: sweepLimit });
  for (const method of deleted) {
    try {
      await forgetMethod(deps, method);
    } catch (err) {
      deps.log.warn({ err, payment_method_id: method.id }, "payment method not forgotten yet");
    }
  }
  return deleted.length;
}
