import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { reasonOf } from "../../lib/errors/reasons.ts";
import { createSandbox, type Sandbox } from "../../sandbox/sandbox.ts";
import type { CardProcessor } from "../../services/payment/card-processor.ts";
import { createStripeProcessor } from "../../services/payment/stripe-processor.ts";
import { apiKey, charge, returnUrl } from "./stripe-charge.ts";
import { rejectionOf } from "./vendor-server.ts";

let sandbox: Sandbox;
let url: string;
let cards: CardProcessor;
beforeAll(async () => {
  sandbox = createSandbox({ dataDir: ":memory:" });
  ({ url } = await sandbox.listen({ port: 0 }));
  cards = createStripeProcessor({ apiKey, baseUrl: url, timeoutMs: 5_000, returnUrl });
});
afterAll(() => sandbox?.[Symbol.asyncDispose]());

const at = async (path: string) => {
  const answer = await fetch(url + path, { headers: { authorization: `Bearer ${apiKey}` } });
  return (await answer.json()) as { data: { id: string }[] } & Record<string, unknown>;
};
const visa = { brand: "visa", last4: "4242", expiryMonth: 12, expiryYear: expect.any(Number) };

describe("customers and their saved cards", () => {
  test("calls at the same moment make one customer, who has our id and nothing else", async () => {
    const ids = await Promise.all(Array.from({ length: 5 }, () => cards.createCustomer("cus_ours")));
    expect(new Set(ids).size).toBe(1);
    const made = await at(`/v1/customers/${ids[0]}`);
    expect(made).toMatchObject({ metadata: { customer_id: "cus_ours" }, email: null, name: null });
    expect((await at("/v1/customers?limit=100")).data).toHaveLength(1);
  });

  test.each(["pm_card_visa", "tok_visa"])("%s is saved once it has paid, and pays again", async (source) => {
    const customer = await cards.createCustomer(`cus_saves_${source}`);
    const { savedCard, state } = await cards.authorize(charge({ source, customer, save: true }));
    expect([state, savedCard]).toEqual([
      "AUTHORIZED",
      { ...visa, providerId: expect.stringMatching(/^pm_/) },
    ]);
    const again = await cards.authorize(charge({ source: savedCard?.providerId ?? "", customer }));
    expect(again.state).toBe("AUTHORIZED");
    expect(again.savedCard).toBeUndefined();
  });

  test("a card that asks the buyer is saved after that, and told by each later answer", async () => {
    const customer = await cards.createCustomer("cus_3ds");
    const source = "pm_card_authenticationRequired";
    const asked = await cards.authorize(charge({ source, customer, save: true }));
    expect(asked).toMatchObject({ state: "REQUIRES_ACTION" });
    expect(asked.savedCard).toBeUndefined();
    const body = new URLSearchParams({ outcome: "authorise" });
    await fetch(asked.redirectUrl, { method: "POST", body, redirect: "manual" });
    const { providerId } = asked;
    const { savedCard } = await cards.retrieve(providerId);
    expect(savedCard?.last4).toBe("3184");
    expect((await cards.inspect(providerId))?.outcome.savedCard).toEqual(savedCard);
    expect((await cards.capture({ providerId })).savedCard).toEqual(savedCard);
    // Deleted, it is not told of any more.
    await cards.detach(savedCard?.providerId ?? "");
    expect((await cards.retrieve(providerId)).savedCard).toBeUndefined();
  });

  test("a card that is not to be saved is not", async () => {
    const customer = await cards.createCustomer("cus_plain");
    expect((await cards.authorize(charge({ customer }))).savedCard).toBeUndefined();
    expect((await at(`/v1/customers/${customer}/payment_methods`)).data).toEqual([]);
  });

  test("what is forgotten once can be forgotten again", async () => {
    const customer = await cards.createCustomer("cus_forgets");
    const { savedCard } = await cards.authorize(charge({ customer, save: true }));
    const method = savedCard?.providerId ?? "";
    for (let time = 0; time < 2; time++) await cards.detach(method);
    await cards.detach("pm_none");
    const err = await rejectionOf(cards.authorize(charge({ source: method, customer })));
    expect(reasonOf(err)).toBe("PAYMENT_METHOD_INVALID");
    for (let time = 0; time < 2; time++) await cards.deleteCustomer(customer);
    await cards.deleteCustomer("cus_none");
    expect(await at(`/v1/customers/${customer}`)).toMatchObject({ deleted: true });
  });

  test("somebody else's saved card pays nothing", async () => {
    const [owner, other] = [await cards.createCustomer("cus_owner"), await cards.createCustomer("cus_thief")];
    const { savedCard } = await cards.authorize(charge({ customer: owner, save: true }));
    for (const customer of [other, undefined]) {
      const err = await rejectionOf(
        cards.authorize(charge({ source: savedCard?.providerId ?? "", customer })),
      );
      expect(reasonOf(err)).toBe("PAYMENT_METHOD_INVALID");
    }
  });

  test("a provider that is away says so, whatever is asked", async () => {
    const away = createStripeProcessor({
      apiKey,
      baseUrl: "http://127.0.0.1:1",
      timeoutMs: 2_000,
      returnUrl,
    });
    for (const call of [
      away.createCustomer("cus_away"),
      away.deleteCustomer("cus_away"),
      away.detach("pm_away"),
      away.disputesOf({ providerId: "pi_away" }),
    ]) {
      expect(reasonOf(await rejectionOf(call))).toBe("PROVIDER_UNAVAILABLE");
    }
  });
});

describe("disputes", () => {
  const disputed = async (card: string) => {
    const { providerId } = await cards.authorize(charge({ source: `pm_card_${card}` }));
    expect(await cards.disputesOf({ providerId })).toEqual([]);
    await cards.capture({ providerId });
    return providerId;
  };
  const decide = (id: string, outcome: string) =>
    fetch(`${url}/sandbox/disputes/${id}`, {
      method: "POST",
      body: new URLSearchParams({ outcome }),
      redirect: "manual",
    });

  test.each([
    ["createDispute", "fraudulent", "NEEDS_RESPONSE", 1000n],
    ["createDisputeProductNotReceived", "product_not_received", "NEEDS_RESPONSE", 1000n],
    ["createDisputeInquiry", "fraudulent", "INQUIRY_NEEDS_RESPONSE", 0n],
  ])("pm_card_%s: %s, %s", async (card, reason, status, withdrawn) => {
    const providerId = await disputed(card);
    expect(await cards.disputesOf({ providerId })).toEqual([
      {
        providerId: expect.stringMatching(/^d[pu]_/),
        currencyCode: "USD",
        amount: 1000n,
        ...{ withdrawn, reason, status },
        dueTime: expect.any(Date),
        createTime: expect.any(Date),
      },
    ]);
  });

  test.each([
    ["won", "WON", 0n],
    ["lost", "LOST", 1000n],
  ])("%s", async (outcome, status, withdrawn) => {
    const providerId = await disputed("createDispute");
    const [dispute] = await cards.disputesOf({ providerId });
    await decide(dispute?.providerId ?? "", outcome);
    expect(await cards.disputesOf({ providerId })).toEqual([
      { ...dispute, status, withdrawn, dueTime: null },
    ]);
  });
});
