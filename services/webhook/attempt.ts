import type { Attempt } from "./delivery.ts";
import { pauseAfter } from "./delivery.ts";
import { failingMs } from "./endpoint.ts";
import type { WebhookParts } from "./service.ts";
import { signedMessage } from "./sign.ts";
import { type Claim, handBack, insertAttempt, markDelivered, markFailed } from "./store-attempt.ts";
import { giveUpPending } from "./store-delivery.ts";
import { disableEndpoint, noteFailing, noteWorking } from "./store-endpoint.ts";

/**
 * Makes an attempt that has begun, and records its end. When this process dies between the two, the attempt's lease
 * ends and the event is sent once more: endpoints tell repetitions by `webhook-id`.
 */
export async function makeAttempt(
  parts: Pick<WebhookParts, "db" | "box" | "clock" | "send" | "random" | "log">,
  claim: Claim,
  signal: AbortSignal,
): Promise<void> {
  const { db, clock, send } = parts;
  let attempt: Attempt;
  try {
    attempt = await send(signedMessage(claim, { box: parts.box, now: clock() }), { signal });
  } catch (err) {
    if (!signal.aborted) throw err;
    return handBack(db, claim, clock());
  }
  await (attempt.error === "" ? recordSuccess(parts, claim, attempt) : recordFailure(parts, claim, attempt));
}

// Whoever locks an endpoint and its deliveries locks the endpoint first.

async function recordSuccess(
  { db }: Pick<WebhookParts, "db">,
  claim: Claim,
  attempt: Attempt,
): Promise<void> {
  await db.transaction(async (tx) => {
    await Promise.all([
      noteWorking(tx, claim.endpoint.id),
      markDelivered(tx, claim),
      insertAttempt(tx, claim, attempt),
    ]);
  });
}

async function recordFailure(
  { db, clock, random, log }: Pick<WebhookParts, "db" | "clock" | "random" | "log">,
  claim: Claim,
  attempt: Attempt,
): Promise<void> {
  const { id } = claim.endpoint;
  const now = clock();
  const pauseMs = pauseAfter(claim.roundAttempts, random());
  const disabled = await db.transaction(async (tx) => {
    await noteFailing(tx, { id, since: attempt.attemptTime });
    const gone = attempt.statusCode === 410;
    const failingBefore = new Date(now.getTime() - failingMs);
    const off = gone
      ? await disableEndpoint(tx, { id, reason: "GONE", now })
      : await disableEndpoint(tx, { id, reason: "FAILING", failingBefore, now });
    await markFailed(tx, claim, pauseMs === undefined ? undefined : new Date(now.getTime() + pauseMs));
    await insertAttempt(tx, claim, attempt);
    if (off) await giveUpPending(tx, id);
    return off;
  });
  if (disabled) log.warn({ endpoint_id: id, status: attempt.statusCode }, "webhook endpoint disabled");
}
