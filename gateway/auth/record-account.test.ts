import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { timestampDate } from "@bufbuild/protobuf/wkt";
import { pino } from "pino";
import { expect, test } from "vitest";
import {
  CustomerSchema,
  type RecordAccountRequestSchema,
} from "../../gen/rowlock/customer/v1/customer_pb.js";
import { createAccountRecorder } from "./record-account.ts";

const account = {
  id: "cus_1",
  email: "ada@example.com",
  emailVerified: true,
  name: "Ada",
  createdAt: new Date("2026-01-31T12:00:00Z"),
};

/** A recorder, what it told, and what it logged; `fails` in place of an answer. */
function recorder(fails?: Error) {
  const told: MessageInitShape<typeof RecordAccountRequestSchema>[] = [];
  const logged: string[] = [];
  const record = createAccountRecorder({
    customers: {
      recordAccount: async (request) => {
        told.push(request);
        if (fails !== undefined) throw fails;
        return create(CustomerSchema);
      },
    },
    log: pino({ level: "trace" }, { write: (line: string) => logged.push(line) }),
  });
  return { record, told, logged };
}

test("tells what the account says", async () => {
  const { record, told, logged } = recorder();
  await record(account);
  const { createTime, ...rest } = told[0] ?? {};
  expect(rest).toEqual({ customerId: "cus_1", email: "ada@example.com", emailVerified: true, name: "Ada" });
  expect(createTime && timestampDate(createTime as never)).toEqual(account.createdAt);
  expect(logged).toEqual([]);
});

test("shortens a provider's name to what a profile takes, between characters", async () => {
  const { record, told } = recorder();
  await record({ ...account, name: "😀".repeat(300) });
  expect(told[0]?.name).toBe("😀".repeat(200));
});

test("never fails, and logs no e-mail address", async () => {
  const { record, logged } = recorder(new Error("customer is away"));
  await record(account);
  expect(logged).toHaveLength(1);
  expect(logged[0]).toContain("customer is away");
  expect(logged[0]).not.toContain("ada@");
});
