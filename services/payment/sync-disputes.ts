import { newId } from "../../lib/ids/ids.ts";
import { differs } from "./dispute.ts";
import { changeAndTell } from "./order-link.ts";
import type { Payment } from "./payment.ts";
import { listDisputesOf, nextLook, noteDisputed, writeDispute } from "./store-dispute.ts";
import { lockPayment } from "./store-payment.ts";
import type { SyncDeps } from "./sync-intent.ts";

/**
 * Takes over how a payment's disputes stand at its provider, and tells Order of what is new. Safe to repeat, in any
 * order: what is seen late does not take the place of what was seen by a later look.
 *
 * @throws PROVIDER_UNAVAILABLE, PROVIDER_MISCONFIGURED.
 */
export async function syncDisputes(deps: SyncDeps, { id: paymentId, providerId }: Payment): Promise<void> {
  if (providerId === null) return;
  const look = await nextLook(deps.db);
  const seen = await deps.cards.disputesOf({ providerId });
  await changeAndTell(deps, async (tx) => {
    const payment = await lockPayment(tx, paymentId);
    const known = new Map((await listDisputesOf(tx, [paymentId])).map((each) => [each.providerId, each]));
    let news = false;
    for (const dispute of seen) {
      const before = known.get(dispute.providerId);
      if (before !== undefined && before.look > look) continue;
      const isNews = before === undefined || differs(before, dispute);
      await writeDispute(tx, { ...dispute, id: before?.id ?? newId("dsp"), paymentId, look, isNews });
      news ||= isNews;
    }
    if (!news) return undefined;
    await noteDisputed(tx, paymentId);
    return payment;
  });
}
