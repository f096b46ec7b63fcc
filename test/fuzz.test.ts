import { randomInt } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { delivery, newOrder } from "./support/buyer.ts";
import { routes } from "./support/contracts.ts";
import { corrupted, corruptedPath, corruptedText } from "./support/corrupt.ts";
import { expectTypedRefusal } from "./support/errors.ts";
import { createRandom, type Random } from "./support/random.ts";
import { callRaw, type RawCall } from "./support/raw.ts";
import { openVictim, type Victim, withHeaders } from "./support/refusals.ts";
import { type Json, sampleOf, toHttp } from "./support/samples.ts";

const requests = 1_500;
const lanes = 8;
/** Printed with a failure, which it then repeats: `FUZZ_SEED=… vitest run test/fuzz.test.ts`. */
const seed = Number(process.env["FUZZ_SEED"] ?? randomInt(2 ** 31));

let victim: Victim;
beforeAll(async () => {
  victim = await openVictim();
});
afterAll(() => victim?.[Symbol.asyncDispose]());

test(`${requests} broken requests to all routes: no fault of ours (FUZZ_SEED=${seed})`, {
  timeout: 120_000,
}, async () => {
  const random = createRandom(seed);
  const calls = Array.from({ length: requests }, (_, i) => brokenCall(i, random));
  const seen = new Map<number, number>();
  const lane = async () => {
    for (let call = calls.pop(); call !== undefined; call = calls.pop()) {
      const answer = await callRaw(victim.shop.httpUrl, call);
      const shown = `seed ${seed}: ${JSON.stringify(call).slice(0, 2_000)}\n→ ${JSON.stringify(answer.body)}`;
      expect([answer.status < 500, shown]).toEqual([true, shown]);
      // What Node's own parser refuses never gets to us; HEAD has no body.
      const ours = answer.headers.has("x-request-id") && call.method !== "HEAD";
      if (answer.status >= 400 && ours) expectTypedRefusal(answer);
      seen.set(answer.status, (seen.get(answer.status) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  // Some got through and some were refused, or this tested nothing.
  expect(seen.get(400)).toBeGreaterThan(requests / 4);
  expect(seen.get(200)).toBeGreaterThan(requests / 50);
  expect(await (await fetch(`${victim.shop.httpUrl}/readyz`)).text()).toBe("ready\n");
  await victim.shop.sell("AFTER");
  await newOrder(victim.shop.rest, ["AFTER"]);
});

/** A call of one route after another, right but for what was broken in it; one in ten is not broken at all. */
function brokenCall(i: number, random: Random): RawCall {
  const route = routes[i % routes.length];
  if (route === undefined) throw new RangeError("there is no route");
  const known: Json = {
    cart_id: random.pick([victim.buyer.cartId, victim.customer.cartId, victim.empty.cartId, "cart_none"]),
    order_id: random.pick([victim.orderId, "ord_none"]),
    product_id: victim.productId,
    product_ids: [victim.productId],
    sku: random.pick(["BAD", "BAD-2", "EURO", "NOTHING"]),
    skus: ["BAD"],
    contact: { ...delivery.contact },
    shipping_address: { ...delivery.shippingAddress },
  };
  let request = sampleOf(route.method.input, { known, oneof: random.int(2) });
  const breaks = random.once(10) ? 0 : 1 + random.int(3);
  for (let n = 0; n < breaks; n++) {
    const broken = corrupted(request, random);
    if (typeof broken === "object" && broken !== null && !Array.isArray(broken)) request = broken;
  }
  const { method, path, body } = toHttp(route, request);
  const text = body === undefined ? undefined : JSON.stringify(body);
  return withHeaders(
    {
      method: random.once(40)
        ? random.pick(["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD"])
        : method,
      // Longer heads are refused by Node's parser, which then closes the connection.
      path: (random.once(8) ? corruptedPath(path, random) : path).slice(0, 10_000),
      body: text !== undefined && random.once(6) ? corruptedText(text, random) : text,
    },
    headersOf(random),
  );
}

function headersOf(random: Random): Record<string, string> {
  const credential: Record<string, string> = random.once(20)
    ? random.pick<Record<string, string>>([{}, { "x-api-key": "wrong" }, { "rowlock-token": "none" }])
    : random.pick<Record<string, string>>([
        { "x-api-key": victim.shop.staff },
        { "rowlock-token": random.pick([victim.buyer, victim.customer]).token },
      ]);
  const odd: Record<string, string> = random.once(8)
    ? random.pick<Record<string, string>>([
        { "idempotency-key": "k".repeat(1 + random.int(300)) },
        { "idempotency-key": '""' },
        { "if-match": "*" },
        { "if-match": '"a", "b"' },
        { "content-type": "text/plain" },
        { accept: "text/html" },
        { "accept-encoding": "br;q=x" },
        { "x-request-id": "\u00ff" },
        { "rowlock-principal": "CAQSBW9yZGVy.1.2.x" },
        { traceparent: "00-zz" },
      ])
    : {};
  return { "content-type": "application/json", ...credential, ...odd };
}
