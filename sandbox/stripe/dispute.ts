import { type Cause, newId, type StripeContext } from "./context.ts";
import type { ChargeRecord, DisputeRecord, DisputeStatus } from "./records.ts";
import { cardByName } from "./test-cards.ts";

/** How long a shop has to answer; milliseconds. */
const answerTime = 7 * 86_400_000;

/** The disputes of a charge. */
export function disputesOf(ctx: StripeContext, charge: string): DisputeRecord[] {
  return ctx.records.disputes.page({ where: { charge }, limit: 100 }).items;
}

/** Whether a dispute has taken the shop's money and not given it back. */
export function hasTheMoney({ moves }: DisputeRecord): boolean {
  return moves.reduce((sum, { amount }) => sum + amount, 0) < 0;
}

/** Whether the shop may still answer. */
export function isOpen({ status }: DisputeRecord): boolean {
  return status.endsWith("needs_response") || status.endsWith("under_review");
}

export function isInquiry({ status }: DisputeRecord): boolean {
  return status.startsWith("warning_");
}

/** Has the owner of the card dispute the charge, or inquire about it, if it is a card for that. */
export function openDispute(
  ctx: StripeContext,
  { charge, cause }: { charge: ChargeRecord; cause: Cause | undefined },
): void {
  const behaviour = charge.card && cardByName(charge.card.test)?.behaviour;
  if (!charge.card || behaviour?.kind !== "approve" || !behaviour.dispute) return;
  const { reason, inquiry } = behaviour.dispute;
  ctx.records.charges.put({ ...charge, disputed: true });
  const opened: DisputeRecord = {
    id: newId(inquiry ? "du" : "dp"),
    created: ctx.now(),
    metadata: {},
    amount: charge.amount_captured,
    currency: charge.currency,
    charge: charge.id,
    intent: charge.intent,
    card: charge.card,
    reason,
    status: inquiry ? "warning_needs_response" : "needs_response",
    due: ctx.now() + answerTime,
    evidence: {},
    submissions: 0,
    moves: [],
  };
  const dispute = inquiry ? opened : moved(ctx, opened, -opened.amount);
  tell(ctx, { dispute: ctx.records.disputes.insert(dispute), type: "created", cause });
  if (!inquiry) tell(ctx, { dispute, type: "funds_withdrawn", cause });
}

/**
 * The bank's word on an open dispute. An inquiry that is lost becomes a dispute and takes the money. Undefined when it
 * is over already.
 */
export function decideDispute(
  ctx: StripeContext,
  { dispute, won, cause }: { dispute: DisputeRecord; won: boolean; cause?: Cause },
): DisputeRecord | undefined {
  if (!isOpen(dispute)) return undefined;
  if (isInquiry(dispute)) {
    if (won) return change(ctx, { dispute, status: "warning_closed", types: ["closed"], cause });
    const due = ctx.now() + answerTime;
    const taken = moved(ctx, { ...dispute, due }, -dispute.amount);
    const types = ["updated", "funds_withdrawn"] as const;
    return change(ctx, { dispute: taken, status: "needs_response", types, cause });
  }
  if (!won) return change(ctx, { dispute, status: "lost", types: ["closed"], cause });
  const returned = moved(ctx, dispute, dispute.amount);
  return change(ctx, { dispute: returned, status: "won", types: ["closed", "funds_reinstated"], cause });
}

/** Sends evidence to the bank. The texts `winning_evidence` and `losing_evidence` decide it, as in Stripe's test mode. */
export function submitEvidence(
  ctx: StripeContext,
  { dispute, cause }: { dispute: DisputeRecord; cause: Cause },
): DisputeRecord | undefined {
  const sent = { ...dispute, submissions: dispute.submissions + 1 };
  const text = sent.evidence["uncategorized_text"];
  if (text === "winning_evidence" || text === "losing_evidence") {
    return decideDispute(ctx, { dispute: sent, won: text === "winning_evidence", cause });
  }
  const status = isInquiry(sent) ? "warning_under_review" : "under_review";
  return change(ctx, { dispute: sent, status, types: ["updated"], cause });
}

type Told = "created" | "updated" | "closed" | "funds_withdrawn" | "funds_reinstated";

function change(
  ctx: StripeContext,
  {
    dispute,
    status,
    types,
    cause,
  }: { dispute: DisputeRecord; status: DisputeStatus; types: readonly Told[]; cause: Cause | undefined },
): DisputeRecord {
  const changed = ctx.records.disputes.put({ ...dispute, status });
  for (const type of types) tell(ctx, { dispute: changed, type, cause });
  return changed;
}

function moved(ctx: StripeContext, dispute: DisputeRecord, amount: number): DisputeRecord {
  const move = { id: newId("txn"), created: ctx.now(), amount };
  return { ...dispute, moves: [...dispute.moves, move] };
}

function tell(
  ctx: StripeContext,
  { dispute, type, cause }: { dispute: DisputeRecord; type: Told; cause: Cause | undefined },
): void {
  ctx.emit({
    type: `charge.dispute.${type}`,
    object: { kind: "dispute", record: dispute },
    ...(cause && { cause }),
  });
}
