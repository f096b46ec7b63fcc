import { create, type DescMessage, fromJson, type Message } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { AddItemRequestSchema, SetDeliveryRequestSchema } from "../gen/rowlock/cart/v1/cart_pb.js";
import { ReserveRequestSchema } from "../gen/rowlock/inventory/v1/inventory_pb.js";
import { PayOrderRequestSchema, PlaceOrderRequestSchema } from "../gen/rowlock/order/v1/order_pb.js";
import { CreatePaymentRequestSchema } from "../gen/rowlock/payment/v1/payment_pb.js";
import { CreateShipmentRequestSchema } from "../gen/rowlock/shipping/v1/shipping_pb.js";
import { compileAcceptor } from "../lib/rpc/interceptors/accept-valid.ts";
import { createRequestValidator } from "../lib/rpc/interceptors/validate.ts";
import { methods } from "./support/contracts.ts";
import { corrupted } from "./support/corrupt.ts";
import { createRandom, type Random } from "./support/random.ts";
import { sampleOf } from "./support/samples.ts";

const validator = createRequestValidator();
const inputs = [...new Set(methods.map((method) => method.input))];

/** The message with one to three values replaced, or undefined when what comes out is no message of the type. */
function mutant(desc: DescMessage, oneof: number, random: Random): Message | undefined {
  let json = sampleOf(desc, { oneof }) as ReturnType<typeof corrupted>;
  for (let changes = random.int(4); changes > 0; changes--) json = corrupted(json, random);
  try {
    return fromJson(desc, json);
  } catch {
    return undefined;
  }
}

test("what is accepted at sight is valid: 400 changed requests of each type", () => {
  let accepted = 0;
  let invalid = 0;
  for (const [i, desc] of inputs.entries()) {
    const accept = compileAcceptor(desc);
    const random = createRandom(i + 1);
    for (let round = 0; round < 400; round++) {
      const message = round === 0 ? create(desc) : mutant(desc, round, random);
      if (message === undefined) continue;
      const { kind } = validator.validate(desc, message);
      if (kind !== "valid") invalid++;
      if (!accept(message)) continue;
      accepted++;
      expect(
        kind,
        `${desc.typeName} ${JSON.stringify(message, (_, v) => (typeof v === "bigint" ? String(v) : v))}`,
      ).toBe("valid");
    }
  }
  expect(accepted).toBeGreaterThan(1_000);
  expect(invalid).toBeGreaterThan(1_000);
}, 120_000);

test.each(
  [
    AddItemRequestSchema,
    SetDeliveryRequestSchema,
    PlaceOrderRequestSchema,
    PayOrderRequestSchema,
    ReserveRequestSchema,
    CreatePaymentRequestSchema,
    CreateShipmentRequestSchema,
  ].map((desc) => [desc.typeName, desc] as const),
)("%s on the order's path is accepted at sight", (_, desc) => {
  const known = {
    lines: [
      { sku: "A", quantity: 1 },
      { sku: "B", quantity: 2 },
    ],
  };
  const request = sampleOf(desc, desc === ReserveRequestSchema ? { known } : {});
  expect(compileAcceptor(desc)(fromJson(desc, request))).toBe(true);
});
