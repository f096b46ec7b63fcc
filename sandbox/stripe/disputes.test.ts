import type Stripe from "stripe";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { cardsOnly } from "../test/authorize.ts";
import { type Harness, startHarness } from "../test/harness.ts";

let sandbox: Harness;
let stripe: Stripe;
beforeAll(async () => {
  sandbox = await startHarness();
  stripe = sandbox.stripe;
});
afterAll(async () => await sandbox[Symbol.asyncDispose]());

let seen: Set<string>;
beforeEach(async () => {
  seen = new Set((await stripe.events.list({ limit: 100 })).data.map(({ id }) => id));
});
/** What was told of disputes in this test, the oldest first. */
async function told(): Promise<string[]> {
  const { data } = await stripe.events.list({ limit: 100 });
  const news = data.filter(({ id, type }) => !seen.has(id) && type.startsWith("charge.dispute."));
  return news.map(({ type }) => type.slice("charge.dispute.".length)).reverse();
}

async function pay(card: string, fields: Partial<Stripe.PaymentIntentCreateParams> = {}) {
  return stripe.paymentIntents.create({
    amount: 1500,
    currency: "usd",
    confirm: true,
    payment_method: `pm_card_${card}`,
    ...cardsOnly,
    expand: ["latest_charge"],
    ...fields,
  });
}
async function disputed(card: string): Promise<{ intent: Stripe.PaymentIntent; dispute: Stripe.Dispute }> {
  const intent = await pay(card);
  const [dispute] = (await stripe.disputes.list({ payment_intent: intent.id })).data;
  if (!dispute) throw new Error("no dispute");
  return { intent, dispute };
}
const moved = ({ balance_transactions }: Stripe.Dispute) => balance_transactions.map(({ amount }) => amount);
const answer = (id: string, text: string) =>
  stripe.disputes.update(id, { evidence: { uncategorized_text: text } });
const decide = (id: string, outcome: string) =>
  fetch(`${sandbox.url}/sandbox/disputes/${id}`, {
    method: "POST",
    body: new URLSearchParams({ outcome }),
    redirect: "manual",
  });
const refund = (intent: string) =>
  stripe.refunds.create({ payment_intent: intent }).then(
    () => "refunded",
    (err: Stripe.errors.StripeError) => err.code,
  );

test("money that is only reserved is not disputed; it is once it is taken", async () => {
  const held = await pay("createDispute", { capture_method: "manual" });
  const of = async () => (await stripe.disputes.list({ payment_intent: held.id })).data;
  expect(await of()).toEqual([]);
  await stripe.paymentIntents.capture(held.id, { amount_to_capture: 1000 });
  expect(await of()).toMatchObject([{ amount: 1000, reason: "fraudulent", status: "needs_response" }]);
  expect(await told()).toEqual(["created", "funds_withdrawn"]);
});

test("a dispute takes the money, and the charge cannot be refunded", async () => {
  const { intent, dispute } = await disputed("createDisputeProductNotReceived");
  expect(dispute).toMatchObject({ reason: "product_not_received", is_charge_refundable: false });
  expect(moved(dispute)).toEqual([-1500]);
  expect((await stripe.charges.retrieve(dispute.charge as string)).disputed).toBe(true);
  expect(await refund(intent.id)).toBe("charge_disputed");
});

test("evidence is kept, then sent to the bank", async () => {
  const { id } = (await disputed("createDispute")).dispute;
  const kept = await stripe.disputes.update(id, { evidence: { customer_name: "Zoë" }, submit: false });
  expect(kept).toMatchObject({
    status: "needs_response",
    evidence: { customer_name: "Zoë" },
    evidence_details: { has_evidence: true, submission_count: 0 },
  });
  expect(await answer(id, "It was delivered.")).toMatchObject({
    status: "under_review",
    evidence: { customer_name: "Zoë" },
    evidence_details: { submission_count: 1 },
  });
  expect(await told()).toEqual(["created", "funds_withdrawn", "updated"]);
});

describe("the end", () => {
  test.each([
    ["winning evidence", (id: string) => answer(id, "winning_evidence")],
    ["the button", (id: string) => decide(id, "won")],
  ])("won by %s: the money is back", async (_how, win) => {
    const { intent, dispute } = await disputed("createDispute");
    await win(dispute.id);
    const won = await stripe.disputes.retrieve(dispute.id);
    expect(won).toMatchObject({ status: "won", is_charge_refundable: true });
    expect(moved(won)).toEqual([-1500, 1500]);
    expect(await told()).toEqual(["created", "funds_withdrawn", "closed", "funds_reinstated"]);
    expect(await refund(intent.id)).toBe("refunded");
  });

  test.each([
    ["losing evidence", (id: string) => answer(id, "losing_evidence")],
    ["the button", (id: string) => decide(id, "lost")],
    ["accepting it", (id: string) => stripe.disputes.close(id)],
  ])("lost by %s: the money stays away", async (_how, lose) => {
    const { intent, dispute } = await disputed("createDispute");
    await lose(dispute.id);
    const lost = await stripe.disputes.retrieve(dispute.id);
    expect(lost.status).toBe("lost");
    expect(moved(lost)).toEqual([-1500]);
    expect(await told()).toEqual(["created", "funds_withdrawn", "closed"]);
    expect(await refund(intent.id)).toBe("charge_disputed");
    expect((await decide(dispute.id, "won")).status).toBe(409);
    await expect(stripe.disputes.close(dispute.id)).rejects.toMatchObject({ statusCode: 400 });
  });

  test("an inquiry takes no money until it is lost, and becomes a dispute then", async () => {
    const { intent, dispute } = await disputed("createDisputeInquiry");
    expect(dispute).toMatchObject({ status: "warning_needs_response", is_charge_refundable: true });
    expect(moved(dispute)).toEqual([]);
    await decide(dispute.id, "lost");
    const escalated = await stripe.disputes.retrieve(dispute.id);
    expect(escalated.status).toBe("needs_response");
    expect(moved(escalated)).toEqual([-1500]);
    expect(await told()).toEqual(["created", "updated", "funds_withdrawn"]);
    expect(await refund(intent.id)).toBe("charge_disputed");
  });

  test("an inquiry that is answered comes to nothing", async () => {
    const { intent, dispute } = await disputed("createDisputeInquiry");
    expect((await answer(dispute.id, "winning_evidence")).status).toBe("warning_closed");
    expect(await told()).toEqual(["created", "closed"]);
    expect(await refund(intent.id)).toBe("refunded");
  });
});

test("the page shows disputes with what can be decided", async () => {
  const { dispute } = await disputed("createDispute");
  const page = async () => (await fetch(`${sandbox.url}/sandbox/payments`)).text();
  const form = `action="/sandbox/disputes/${dispute.id}"`;
  expect(await page()).toContain(form);
  expect((await decide(dispute.id, "maybe")).status).toBe(400);
  expect((await decide("dp_none", "won")).status).toBe(404);
  expect((await decide(dispute.id, "lost")).status).toBe(303);
  expect(await page()).not.toContain(form);
});

test("a card saved by paying is told of, and a deleted customer's cards pay nobody", async () => {
  const customer = await stripe.customers.create({});
  const paid = await pay("visa", { customer: customer.id, setup_future_usage: "on_session" });
  const [saved] = (await stripe.customers.listPaymentMethods(customer.id)).data;
  expect(saved?.id).toBe(paid.payment_method);
  const { data } = await stripe.events.list({ type: "payment_method.attached" });
  expect(data.map((event) => (event.data.object as Stripe.PaymentMethod).id)).toContain(saved?.id);
  await stripe.customers.del(customer.id);
  expect((await stripe.paymentMethods.retrieve(saved?.id ?? "")).customer).toBeNull();
  await expect(pay("visa", { payment_method: saved?.id ?? "" })).rejects.toMatchObject({ statusCode: 400 });
});
