import { create } from "@bufbuild/protobuf";
import {
  PaymentViolation_Kind as Kind,
  type PaymentViolation,
  PaymentViolationSchema,
} from "../../gen/rowlock/payment/v1/payment_pb.js";
import { type CardDispute, type Dispute, differs } from "./dispute.ts";
import type { Payment } from "./payment.ts";
import type { PaymentDeps } from "./service.ts";
import { listDisputesOf, listInDispute } from "./store-dispute.ts";
import { findPaymentByProviderId } from "./store-payment.ts";
import { syncDisputes } from "./sync-disputes.ts";

/**
 * Compares disputes with what the provider has of them: those that began since a time, of whichever payments, and all
 * that the shop takes for open. Takes over what differs, and has Order act on it, unless that is not wanted.
 *
 * @throws PROVIDER_UNAVAILABLE, PROVIDER_MISCONFIGURED.
 */
export async function reconcileDisputes(
  deps: PaymentDeps,
  { since, dryRun, signal }: { since: Date; dryRun: boolean; signal: AbortSignal },
): Promise<PaymentViolation[]> {
  const { db, cards } = deps;
  const providerIds = new Set(await listInDispute(db));
  for await (const providerId of cards.listDisputed({ since })) providerIds.add(providerId);
  const violations: PaymentViolation[] = [];
  for (const providerId of providerIds) {
    signal.throwIfAborted();
    const payment = await findPaymentByProviderId(db, providerId);
    // Of another shop on the same account.
    if (payment === undefined) continue;
    if ((await compare(deps, payment)).length === 0) continue;
    // Both sides move meanwhile: what counts is what is so at a second look.
    const found = await compare(deps, payment);
    if (found.length === 0) continue;
    if (!dryRun) await syncDisputes(deps, payment);
    const left = dryRun ? found : await compare(deps, payment);
    violations.push(
      ...found.map(({ dispute, ...texts }) =>
        create(PaymentViolationSchema, {
          ...{ kind: Kind.DISPUTE_DIFFERS, paymentId: payment.id, orderId: payment.orderId, ...texts },
          providerId: dispute,
          repaired: !left.some((each) => each.dispute === dispute),
        }),
      ),
    );
  }
  return violations;
}

/** The disputes of a payment of which the provider says otherwise, by its id of them. */
async function compare(
  { db, cards }: PaymentDeps,
  { id, providerId }: Payment,
): Promise<{ dispute: string; expected: string; found: string }[]> {
  if (providerId === null) return [];
  const known = await listDisputesOf(db, [id]);
  return (await cards.disputesOf({ providerId })).flatMap((seen) => {
    const ours = known.find((each) => each.providerId === seen.providerId);
    if (ours !== undefined && !differs(ours, seen)) return [];
    return [{ dispute: seen.providerId, expected: inWords(ours), found: inWords(seen) }];
  });
}

function inWords(dispute: CardDispute | Dispute | undefined): string {
  return dispute === undefined ? "nothing" : `${dispute.status}, ${dispute.withdrawn} withdrawn`;
}
