import { type DescMethod, fromJson } from "@bufbuild/protobuf";
import { createValidator } from "@bufbuild/protovalidate";
import { afterAll, beforeAll, expect, test } from "vitest";
import { delivery } from "./support/buyer.ts";
import { isReading, nameOf, routes } from "./support/contracts.ts";
import { expectTypedRefusal } from "./support/errors.ts";
import { fingerprint } from "./support/fingerprint.ts";
import { callRaw } from "./support/raw.ts";
import { jsonCall, openVictim, type Victim, withHeaders } from "./support/refusals.ts";
import { infoIn } from "./support/rest.ts";
import { sampleOf, textPlaces, toHttp, withText } from "./support/samples.ts";

let victim: Victim;
let before: Record<string, string>;
beforeAll(async () => {
  victim = await openVictim();
  before = await fingerprint(victim.shop.databaseUrl);
});
afterAll(async () => {
  expect(await fingerprint(victim.shop.databaseUrl)).toEqual(before);
  await victim[Symbol.asyncDispose]();
});

const validator = createValidator();
const asOnTheWire = { contact: delivery.contact, shipping_address: delivery.shippingAddress };
/** What takes a message as it was sent looks at its signature first. */
const isRaw = ({ input }: DescMethod) => input.fields.some((field) => field.message?.name === "HttpBody");
const hasText = ({ input }: DescMethod) => textPlaces(input, sampleOf(input)).length > 0;
const changing = routes.filter(({ method }) => !isReading(method) && !isRaw(method) && hasText(method));

test.each(changing.map((route) => [nameOf(route.method), route] as const))(
  "%s refuses text that Postgres cannot store, in each of its fields",
  async (_name, route) => {
    const { input } = route.method;
    const known = { sku: "BAD", cart_id: victim.buyer.cartId, order_id: victim.orderId, ...asOnTheWire };
    const choices = Math.max(1, ...input.oneofs.map((group) => group.fields.length));
    for (let oneof = 0; oneof < choices; oneof++) {
      const sample = sampleOf(input, { known, oneof });
      // Only what is right but for its text shows that the text is looked at.
      expect(validator.validate(input, fromJson(input, sample))).toMatchObject({ kind: "valid" });
      const places = textPlaces(input, sample);
      for (const place of places) {
        for (const text of ["a\0b", "a\ud800b"]) {
          const { method, path, body } = toHttp(route, withText(sample, place, text));
          const call = withHeaders(jsonCall(method, path, body), { "x-api-key": victim.shop.staff });
          const answer = await callRaw(victim.shop.httpUrl, call);
          expect([place.path, answer.status, infoIn(answer)?.reason]).toEqual([
            place.path,
            400,
            "INVALID_ARGUMENT",
          ]);
          expectTypedRefusal(answer);
        }
      }
    }
  },
);
