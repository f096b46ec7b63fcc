import type { ProviderFacts, Reconciliation } from "./facts.ts";
import type { HttpClient } from "./http-client.ts";

/** Reads what the providers know: Stripe's own API, and what the sandbox shows of labels and messages. */
export async function readProviderFacts(sandbox: HttpClient): Promise<ProviderFacts> {
  return {
    charges: await readCharges(sandbox),
    labels: (await readInbox<{ metadata: string; status: string }>(sandbox, "labels")).map(
      ({ metadata, status }) => ({ shipmentId: metadata, status }),
    ),
    emails: (await readInbox<{ to: { email: string }[] }>(sandbox, "emails")).flatMap(({ to }) =>
      to.map(({ email }) => ({ to: email })),
    ),
    texts: (await readInbox<{ to: string }>(sandbox, "messages")).map(({ to }) => ({ to })),
  };
}

const stripePage = 100;
const inboxPage = 200;

interface PaymentIntent {
  id: string;
  status: string;
  amount_received: number;
  metadata: Record<string, string>;
  latest_charge: { amount_refunded: number; amount: number; amount_captured: number } | null;
}

async function readCharges(sandbox: HttpClient): Promise<ProviderFacts["charges"]> {
  const intents: PaymentIntent[] = [];
  for (let more = true; more; ) {
    const last = intents.at(-1);
    const after = last === undefined ? "" : `&starting_after=${last.id}`;
    const page = await get(
      sandbox,
      `/v1/payment_intents?limit=${stripePage}&expand[]=data.latest_charge${after}`,
      { authorization: "Bearer sk_test_flash" },
    );
    intents.push(...page.data);
    more = page.has_more;
  }
  return intents.map(({ id, status, amount_received, metadata, latest_charge: charge }) => ({
    id,
    orderId: metadata["order_id"] ?? "",
    status,
    received: amount_received,
    // Stripe counts what was authorized but never captured as refunded, too.
    refunded:
      charge === null || charge.amount_captured === 0
        ? 0
        : charge.amount_refunded - (charge.amount - charge.amount_captured),
  }));
}

async function readInbox<T>(sandbox: HttpClient, tab: string): Promise<T[]> {
  const items: T[] = [];
  for (let more = true; more; ) {
    const page = await get(sandbox, `/sandbox/api/${tab}?limit=${inboxPage}&offset=${items.length}`);
    items.push(...page.items);
    more = page.more;
  }
  return items;
}

// oxlint-disable-next-line typescript/no-explicit-any
async function get(client: HttpClient, path: string, headers: Record<string, string> = {}): Promise<any> {
  const { status, body } = await client.send({ method: "GET", path, headers });
  if (status !== 200) throw new Error(`GET ${path}: ${status} ${JSON.stringify(body)}`);
  return body;
}

/** Asks the shop to check itself, without repairing anything. */
export async function reconcile(shop: HttpClient, staffKey: string): Promise<Reconciliation[]> {
  const reconciliations: Reconciliation[] = [];
  for (const [service, path] of [
    ["inventory", "/v1/stock:reconcile"],
    ["payment", "/v1/payments:reconcile"],
  ] as const) {
    const headers = { authorization: `Bearer ${staffKey}` };
    const { status, body } = await shop.send({ method: "POST", path, headers, body: { dryRun: true } });
    reconciliations.push({ service, status, violations: body?.violations ?? [] });
  }
  return reconciliations;
}
