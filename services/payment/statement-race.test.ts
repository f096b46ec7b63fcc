import { afterAll, beforeAll, expect, test } from "vitest";
import { type Payment, Payment_State } from "../../gen/rowlock/payment/v1/payment_pb.js";
import { sql } from "../../lib/db/index.ts";
import { as } from "../../lib/rpc/testing/interceptors.ts";
import { openTestPayments, order, type TestPayments } from "./testing/shop.ts";
import { importRows, moneyOf, type Row, resultsOf } from "./testing/statement.ts";

let shop: TestPayments;
beforeAll(async () => {
  shop = await openTestPayments();
});
afterAll(() => shop[Symbol.asyncDispose]());

const rounds = Array.from({ length: 8 }, (_, round) => round);
const noted = async (id: string) =>
  (
    await shop.db.query<{ kind: string }>(sql`select kind from outbox where payment_id = ${id} order by id`)
  ).map(({ kind }) => kind);
const look = async (id: string) => {
  const payment = await shop.get(id);
  const { received = 0n, refunded = 0n } = moneyOf(payment);
  return { state: Payment_State[payment.state], received, refunded };
};

test.each(rounds)("the same file 4 times at once is booked once (%i)", async (round) => {
  const ids = [0, 1, 2].map((i) => `same-${round}-${i}`);
  const rows: Row[] = [];
  for (const id of ids) {
    const { reference } = await shop.transfer(id);
    rows.push({ reference, amount: "4.00", id: `${id}-a` }, { reference, amount: "6.00" });
  }
  const answers = await Promise.all(
    [rows, [...rows].reverse(), rows, rows].map((each) => importRows(shop, each)),
  );
  const booked = answers.flatMap(resultsOf).filter((result) => result !== "ALREADY_IMPORTED");
  expect(booked.sort()).toEqual(["MATCHED", "MATCHED", "MATCHED", "PART_PAID", "PART_PAID", "PART_PAID"]);
  for (const id of ids) {
    expect(await look(id)).toEqual({ state: "CAPTURED", received: 1000n, refunded: 0n });
    expect(await noted(id)).toEqual(["captured"]);
  }
});

test.each(rounds)("one transaction assigned to two payments at once is one's (%i)", async (round) => {
  const ids = [`two-${round}-a`, `two-${round}-b`];
  for (const id of ids) await shop.transfer(id);
  const [row] = await importRows(shop, [{ reference: "who", id: `two-${round}` }]);
  const bankTransactionId = row?.transaction?.id ?? "";
  const outcomes = await Promise.allSettled(
    [...ids, ...ids].map((paymentId) =>
      shop.client.assignBankTransaction({ bankTransactionId, paymentId }, as.staff),
    ),
  );
  expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(2);
  const [one, other] = await Promise.all(ids.map(look));
  expect([one?.received, other?.received]).toContain(0n);
  expect([one?.received, other?.received]).toContain(1000n);
});

const rivals: Record<string, (paymentId: string) => Promise<Payment>> = {
  "staff's confirmation": (paymentId) => shop.client.confirmPayment({ paymentId }, as.staff),
  "staff's rejection": (paymentId) => shop.client.rejectPayment({ paymentId }, as.staff),
  "the order's expiry": (paymentId) => shop.client.cancelPayment({ paymentId }, order),
};

test.each(Object.entries(rivals))(
  "the whole amount beside %s: taken once, whoever was first",
  async (name, rival) => {
    for (const round of rounds) {
      const id = `whole ${name} ${round}`;
      const { reference } = await shop.transfer(id);
      await Promise.allSettled([importRows(shop, [{ reference }]), rival(id)]);
      expect(await look(id)).toEqual({ state: "CAPTURED", received: 1000n, refunded: 0n });
      expect((await noted(id)).filter((kind) => kind === "captured")).toHaveLength(1);
    }
  },
);

test.each(Object.entries(rivals))(
  "a part beside %s: waited with, or given back, never both",
  async (name, rival) => {
    for (const round of rounds) {
      const id = `part ${name} ${round}`;
      const { reference } = await shop.transfer(id);
      const [, ended] = await Promise.allSettled([
        importRows(shop, [{ reference, amount: "4.00" }]),
        rival(id),
      ]);
      expect(ended.status).toBe("fulfilled");
      const confirmed = name.includes("confirmation");
      expect(await look(id)).toEqual(
        confirmed
          ? { state: "CAPTURED", received: 1000n, refunded: 0n }
          : { state: "REFUNDED", received: 400n, refunded: 400n },
      );
    }
  },
);

test("the last two parts at once, beside a cancellation: captured once, or all of it goes back", async () => {
  for (const round of rounds) {
    const id = `last-${round}`;
    const { reference } = await shop.transfer(id);
    const part = (n: number) => importRows(shop, [{ reference, amount: "5.00", id: `${id}-${n}` }]);
    await Promise.allSettled([part(1), part(2), shop.client.cancelPayment({ paymentId: id }, order)]);
    const { state, received, refunded } = await look(id);
    expect(received).toBe(1000n);
    expect([state, refunded]).toEqual(state === "CAPTURED" ? ["CAPTURED", 0n] : ["REFUNDED", 1000n]);
    expect((await noted(id)).filter((kind) => kind === "captured").length).toBe(state === "CAPTURED" ? 1 : 0);
  }
});

test("late money beside another attempt of its order: one of them is the order's", async () => {
  for (const round of rounds) {
    const orderId = `ord_attempt-${round}`;
    const { reference } = await shop.transfer(`attempt-${round}-1`, { orderId });
    await shop.client.cancelPayment({ paymentId: `attempt-${round}-1` }, order);
    await Promise.allSettled([
      importRows(shop, [{ reference }]),
      shop.transfer(`attempt-${round}-2`, { orderId }),
    ]);
    const first = await look(`attempt-${round}-1`);
    expect(["CAPTURED", "REFUNDED"]).toContain(first.state);
    const { payments } = await shop.client.listPayments({ orderId }, as.staff);
    const live = payments.filter(({ state }) =>
      [Payment_State.CAPTURED, Payment_State.AWAITING_TRANSFER].includes(state),
    );
    expect(live).toHaveLength(1);
  }
});

test("money that comes beside a refund of all: nothing is left over, nothing goes back twice", async () => {
  for (const round of rounds) {
    const id = `refund-${round}`;
    const { reference } = await shop.transfer(id);
    await importRows(shop, [{ reference }]);
    await Promise.allSettled([
      importRows(shop, [{ reference, amount: "3.00" }]),
      shop.client.refundPayment({ paymentId: id }, as.staff),
    ]);
    expect(await look(id)).toEqual({ state: "REFUNDED", received: 1300n, refunded: 1300n });
  }
});
