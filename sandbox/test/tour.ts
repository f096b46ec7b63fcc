import { cardsOnly } from "./authorize.ts";
import type { Harness } from "./harness.ts";

/** Calls every endpoint of the sandbox through the SDKs, with refusals of each kind on the way. */
export async function everyEndpoint(sandbox: Harness): Promise<void> {
  await tourStripe(sandbox);
  await tourShippo(sandbox);
  await tourMessages(sandbox);
}

async function refused(call: Promise<unknown>): Promise<void> {
  const answered = await call.then(
    () => true,
    () => false,
  );
  if (answered) throw new Error("a request that should have been refused was not");
}

async function tourStripe({ stripe, url }: Harness): Promise<void> {
  const address = { line1: "965 Mission St", city: "SF", state: "CA", postal_code: "94103", country: "US" };
  const customer = await stripe.customers.create({
    email: "a@example.com",
    name: "Zoë & Co",
    address,
    shipping: { name: "Zoë", address },
    metadata: { user: "42" },
  });
  await stripe.customers.update(customer.id, { phone: "+15550100" });
  await stripe.customers.retrieve(customer.id);
  await stripe.customers.list({ email: "a@example.com" });
  await refused(stripe.customers.retrieve("cus_none"));

  const saved = await stripe.paymentMethods.create({
    type: "card",
    card: { number: "4242424242424242", exp_month: 12, exp_year: 2040, cvc: "123" },
    billing_details: { name: "Zoë", address },
  });
  await stripe.paymentMethods.attach(saved.id, { customer: customer.id });
  await stripe.paymentMethods.update(saved.id, { metadata: { a: "1" } });
  await stripe.paymentMethods.retrieve("pm_card_amex");
  await stripe.customers.listPaymentMethods(customer.id, { type: "card" });
  await stripe.paymentMethods.list({ customer: customer.id });

  const held = await stripe.paymentIntents.create({
    amount: 2599,
    currency: "usd",
    customer: customer.id,
    payment_method: saved.id,
    confirm: true,
    capture_method: "manual",
    metadata: { order: "1" },
    receipt_email: "a@example.com",
    description: "Order 1",
    shipping: { name: "Zoë", address },
    ...cardsOnly,
    expand: ["latest_charge", "payment_method", "customer"],
  });
  await stripe.paymentIntents.capture(held.id, { amount_to_capture: 2500 });
  await refused(stripe.paymentIntents.capture(held.id));
  const refund = await stripe.refunds.create({
    payment_intent: held.id,
    amount: 500,
    reason: "requested_by_customer",
    metadata: { rma: "7" },
  });
  await stripe.refunds.retrieve(refund.id, { expand: ["charge"] });
  await stripe.refunds.update(refund.id, { metadata: { rma: "8" } });
  await stripe.refunds.list({ payment_intent: held.id });
  await refused(stripe.refunds.create({ payment_intent: held.id, amount: 9_999 }));
  await stripe.charges.list({ payment_intent: held.id });
  await stripe.charges.retrieve((held.latest_charge as { id: string }).id);

  await tourDisputes(stripe);

  const open = await stripe.paymentIntents.create({ amount: 900, currency: "usd", ...cardsOnly });
  await stripe.paymentIntents.update(open.id, { amount: 950, metadata: { a: "1" } });
  await refused(stripe.paymentIntents.confirm(open.id, { payment_method: "pm_card_chargeDeclined" }));
  await stripe.paymentIntents.retrieve(open.id, { expand: ["latest_charge"] });
  const challenged = await stripe.paymentIntents.confirm(open.id, {
    payment_method: "pm_card_threeDSecure2Required",
    return_url: "https://shop.example/done",
  });
  await fetch(challenged.next_action?.redirect_to_url?.url ?? url, {
    method: "POST",
    body: "outcome=authorise",
    redirect: "manual",
  });
  await stripe.paymentIntents.retrieve(open.id, { expand: ["latest_charge", "payment_method"] });
  const dropped = await stripe.paymentIntents.create({ amount: 900, currency: "eur", ...cardsOnly });
  await stripe.paymentIntents.cancel(dropped.id, { cancellation_reason: "abandoned" });
  await stripe.paymentIntents.list({ limit: 3, customer: customer.id, created: { gte: 1_790_000_000 } });

  for (const [currency, type] of [
    ["usd", "us_bank_transfer"],
    ["eur", "eu_bank_transfer"],
    ["gbp", "gb_bank_transfer"],
    ["jpy", "jp_bank_transfer"],
    ["mxn", "mx_bank_transfer"],
  ] as const) {
    const intent = await stripe.paymentIntents.create({
      amount: 5000,
      currency,
      customer: customer.id,
      allowed_payment_method_types: ["customer_balance"],
      payment_method_data: { type: "customer_balance" },
      payment_method_options: {
        customer_balance: {
          funding_type: "bank_transfer",
          bank_transfer: {
            type,
            ...(type === "eu_bank_transfer" && { eu_bank_transfer: { country: "DE" } }),
          },
        },
      },
      confirm: true,
    });
    const reference = intent.next_action?.display_bank_transfer_instructions?.reference ?? "";
    await stripe.testHelpers.customers.fundCashBalance(customer.id, { amount: 6000, currency, reference });
    await stripe.paymentIntents.retrieve(intent.id, { expand: ["latest_charge", "payment_method"] });
    await stripe.refunds.create({ payment_intent: intent.id, amount: 100 });
  }
  await stripe.refunds.create({
    ...{ origin: "customer_balance", customer: customer.id, amount: 100, currency: "usd" },
    ...{ instructions_email: "a@example.com", metadata: { rma: "9" } },
  });
  await refused(stripe.refunds.create({ origin: "customer_balance", customer: customer.id, amount: 100 }));
  await stripe.customers.retrieveCashBalance(customer.id);
  await stripe.customers.listCashBalanceTransactions(customer.id, { limit: 20 });

  const events = await stripe.events.list({ limit: 100 });
  await stripe.events.retrieve(events.data[0]?.id ?? "");
  await stripe.events.list({ types: ["payment_intent.succeeded", "charge.refunded"], limit: 10 });
  await stripe.balance.retrieve();
  await stripe.customers.create({ name: "A" }, { idempotencyKey: "tour" });
  await refused(stripe.customers.create({ name: "B" }, { idempotencyKey: "tour" }));
  await stripe.paymentMethods.detach(saved.id);
  await stripe.customers.del(customer.id);
}

async function tourDisputes(stripe: Harness["stripe"]): Promise<void> {
  const evidence = (text: string) => ({ evidence: { uncategorized_text: text } });
  for (const [card, answer] of [
    ["createDispute", "winning_evidence"],
    ["createDispute", "losing_evidence"],
    ["createDisputeProductNotReceived", "The parcel was delivered."],
    ["createDisputeInquiry", "winning_evidence"],
    ["createDisputeInquiry", "losing_evidence"],
  ] as const) {
    const paid = await stripe.paymentIntents.create({
      amount: 1500,
      currency: "usd",
      confirm: true,
      payment_method: `pm_card_${card}`,
      ...cardsOnly,
      expand: ["latest_charge"],
    });
    const [dispute] = (await stripe.disputes.list({ payment_intent: paid.id, limit: 1 })).data;
    const id = dispute?.id ?? "";
    await stripe.disputes.retrieve(id, { expand: ["charge", "payment_intent"] });
    if (card !== "createDisputeInquiry") await refused(stripe.refunds.create({ payment_intent: paid.id }));
    await stripe.disputes.update(id, { ...evidence("draft"), submit: false, metadata: { seen: "yes" } });
    await stripe.disputes.update(id, evidence(answer));
    await stripe.disputes.retrieve(id);
  }
  const [inquiry] = (await stripe.disputes.list({ created: { gte: 1 }, limit: 1 })).data;
  await stripe.disputes.close(inquiry?.id ?? "");
  await refused(stripe.disputes.close(inquiry?.id ?? ""));
  await refused(stripe.disputes.update(inquiry?.id ?? "", evidence("late")));
  await refused(stripe.disputes.retrieve("dp_none"));
}

async function tourShippo({ shippo, url }: Harness): Promise<void> {
  const from = await shippo.addresses.create({
    name: "Shop",
    street1: "215 Clayton St.",
    city: "San Francisco",
    state: "CA",
    zip: "94117",
    country: "US",
    phone: "+1 555 341 9393",
    email: "shop@example.com",
    validate: true,
  });
  await shippo.addresses.get(from.objectId ?? "");
  await shippo.addresses.validate(from.objectId ?? "");
  await shippo.addresses.list(1, 5);
  const box = await shippo.parcels.create({
    massUnit: "lb",
    weight: "2",
    distanceUnit: "in",
    height: "4",
    length: "10",
    width: "8",
  });
  await shippo.parcels.create({ template: "USPS_SmallFlatRateBox", massUnit: "oz", weight: "8" });
  await shippo.parcels.get(box.objectId ?? "");
  await shippo.parcels.list();
  for (const to of [
    { name: "Buyer", street1: "350 5th Ave", city: "New York", state: "NY", zip: "10001", country: "US" },
    {
      name: "Rahmat",
      street1: "Jl. Thamrin 1",
      city: "Jakarta",
      zip: "10310",
      country: "ID",
      email: "r@example.com",
    },
  ]) {
    const shipment = await shippo.shipments.create({
      addressFrom: from.objectId ?? "",
      addressTo: to,
      parcels: [box.objectId ?? ""],
      metadata: "order 1",
      async: false,
      ...(to.country !== "US" && {
        customsDeclaration: {
          certify: true,
          certifySigner: "Shop",
          contentsType: "MERCHANDISE" as const,
          nonDeliveryOption: "RETURN" as const,
          eelPfc: "NOEEI_30_37_a" as const,
          items: [
            {
              description: "T-Shirt",
              quantity: 2,
              netWeight: "400",
              massUnit: "g" as const,
              valueAmount: "40.00",
              valueCurrency: "USD",
              originCountry: "US",
              skuCode: "T-1",
              hsCode: "6109.10",
              tariffNumber: "6109.10",
            },
          ],
        },
      }),
    });
    const rate = shipment.rates[0]?.objectId ?? "";
    await shippo.shipments.get(shipment.objectId);
    await shippo.rates.get(rate);
    await shippo.rates.listShipmentRates(shipment.objectId);
    await shippo.rates.listShipmentRatesByCurrencyCode({
      shipmentId: shipment.objectId,
      currencyCode: "EUR",
    });
    const label = await shippo.transactions.create({
      rate,
      labelFileType: "PDF_4x6",
      metadata: "order 1",
      async: false,
    });
    await shippo.transactions.get(label.objectId ?? "");
    const carrier = (shipment.rates[0]?.provider ?? "").toLowerCase().replaceAll(" ", "_");
    await shippo.trackingStatus.get(label.trackingNumber ?? "", carrier);
    const refund = await shippo.refunds.create({ transaction: label.objectId ?? "", async: false });
    await shippo.refunds.get(refund.objectId ?? "");
    await shippo.transactions.create({ rate, async: true });
    const move = `${url}/sandbox/api/labels`;
    const bought = await shippo.transactions.create({ rate, async: false });
    await fetch(`${move}/${bought.objectId}/track`, {
      method: "POST",
      body: JSON.stringify({ status: "TRANSIT" }),
    });
    await shippo.trackingStatus.get(bought.trackingNumber ?? "", carrier);
    await shippo.refunds.create({ transaction: bought.objectId ?? "", async: false });
    await shippo.transactions.get(bought.objectId ?? "");
  }
  const back = await shippo.shipments.create({
    addressFrom: from.objectId ?? "",
    addressTo: {
      name: "Buyer",
      street1: "350 5th Ave",
      city: "New York",
      state: "NY",
      zip: "10001",
      country: "US",
    },
    parcels: [box.objectId ?? ""],
    extra: { isReturn: true },
    async: false,
  });
  await shippo.transactions.create({ rate: back.rates[0]?.objectId ?? "", async: false });
  await shippo.shipments.create({
    addressFrom: { country: "US" },
    addressTo: { country: "US" },
    parcels: [box.objectId ?? ""],
  });
  await shippo.shipments.list({ page: 1, results: 2 });
  await shippo.transactions.list({ objectStatus: "SUCCESS", page: 1, results: 25 });
  await shippo.refunds.list({});
  await refused(shippo.transactions.create({ rate: "none" }));
  await refused(shippo.shipments.get("none"));
}

async function tourMessages({ mail, sms }: Harness): Promise<void> {
  const letter = {
    to: "a@example.com",
    from: { email: "s@example.com", name: "Shop" },
    subject: "Order 1",
    text: "Thanks",
    html: "<p>Thanks</p>",
  };
  await mail.send({
    ...letter,
    categories: ["order"],
    customArgs: { order: "1" },
    headers: { "X-Entity-Ref-ID": "1" },
  });
  await mail.send({ ...letter, mailSettings: { sandboxMode: { enable: true } } });
  await refused(mail.send({ ...letter, cc: letter.to }));
  const message = await sms.messages.create({
    to: "+15558675310",
    from: "+15005550006",
    body: "Shipped ✓",
    mediaUrl: ["https://x.test/a.png", "https://x.test/b.png"],
  });
  await sms.messages.create({ to: "+15558675310", messagingServiceSid: `MG${"0".repeat(32)}`, body: "hi" });
  await sms.messages(message.sid).fetch();
  await sms.messages.list({ to: "+15558675310", pageSize: 1, limit: 2 });
  await refused(sms.messages.create({ to: "+15005550004", from: "+15005550006", body: "x" }));
  await refused(sms.messages(`SM${"0".repeat(32)}`).fetch());
}
