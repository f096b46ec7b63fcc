import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { BankTransaction_State, Payment_State } from "../../gen/rowlock/payment/v1/payment_pb.js";
import { money } from "../../lib/money/money.ts";
import { as } from "../../lib/rpc/testing/interceptors.ts";
import { expectReason } from "../../lib/testing/failures.ts";
import { storedText } from "../../lib/testing/stored-text.ts";
import { openTestPayments, order, type TestPayments } from "./testing/shop.ts";
import { importRows, moneyOf, resultsOf } from "./testing/statement.ts";

let shop: TestPayments;
beforeAll(async () => {
  shop = await openTestPayments();
});
afterAll(() => shop[Symbol.asyncDispose]());
beforeEach(() => {
  shop.settle = () => undefined;
  shop.jobs.length = 0;
  shop.settled.length = 0;
});

const whole = { amount: 1000n, received: 1000n, missing: 0n, excess: 0n, refunded: 0n };

test.each([
  ["its reference", (p) => ({ reference: p.reference })],
  [
    "its reference in the description, in groups",
    (p) => ({ description: p.reference.replace(/.{4}/g, "$& ") }),
  ],
  ["its account number", (p) => ({ reference: p.accountNumber })],
  ["both", (p) => ({ reference: p.accountNumber, description: `${p.reference} Ada` })],
] as [string, (payment: { reference: string; accountNumber: string }) => object][])(
  "money that names a payment by %s pays it: captured, and Order is told at once",
  async (name, row) => {
    const id = `paid ${name}`;
    const payment = await shop.transfer(id);
    const rows = await importRows(shop, [row(payment)]);
    expect(rows).toMatchObject([
      {
        line: 2,
        received: money("USD", 1000n),
        transaction: { state: BankTransaction_State.ASSIGNED, paymentId: id, date: "2026-11-21" },
      },
    ]);
    expect(resultsOf(rows)).toEqual(["MATCHED"]);
    const paid = await shop.get(id);
    expect(paid.state).toBe(Payment_State.CAPTURED);
    expect(moneyOf(paid)).toEqual(whole);
    expect(shop.settled).toEqual([`ord_${id}`]);
    const data = { orderId: `ord_${id}`, paymentId: id };
    expect(shop.jobs).toEqual([{ queue: "payment.changed", data, startAfter: 5 }]);
  },
);

test("a row is booked once, however often and in whatever file it comes", async () => {
  const { reference } = await shop.transfer("once");
  const row = { reference, id: "bank-once" };
  expect(resultsOf(await importRows(shop, [row, row]))).toEqual(["MATCHED", "ALREADY_IMPORTED"]);
  const again = await importRows(shop, [{ reference: "other", id: "bank-2" }, row]);
  expect(resultsOf(again)).toEqual(["UNMATCHED", "ALREADY_IMPORTED"]);
  expect(again[1]?.transaction?.paymentId).toBe("once");
  expect(moneyOf(await shop.get("once"))).toEqual(whole);
});

test("rows without an id: the same twice in a file is twice; the file again is nothing", async () => {
  const { reference } = await shop.transfer("twice");
  const rows = [
    { reference, amount: "5.00" },
    { reference, amount: "5.00" },
  ];
  expect(resultsOf(await importRows(shop, rows))).toEqual(["PART_PAID", "MATCHED"]);
  expect(resultsOf(await importRows(shop, rows))).toEqual(["ALREADY_IMPORTED", "ALREADY_IMPORTED"]);
  expect(moneyOf(await shop.get("twice"))).toEqual(whole);
});

test("ids are an account's own; one that comes again with another amount is said to be wrong", async () => {
  const { reference } = await shop.transfer("accounts");
  const row = { reference, id: "1", amount: "4.00" };
  expect(resultsOf(await importRows(shop, [row], { account: "a" }))).toEqual(["PART_PAID"]);
  expect(resultsOf(await importRows(shop, [{ ...row, amount: "6.00" }], { account: "a" }))).toEqual([
    "INVALID",
  ]);
  expect(resultsOf(await importRows(shop, [{ ...row, amount: "6.00" }], { account: "b" }))).toEqual([
    "MATCHED",
  ]);
});

test("each row has its own end, and a bad one keeps no other", async () => {
  const [one, two, three] = await Promise.all(["mix-1", "mix-2", "mix-3"].map((id) => shop.transfer(id)));
  const rows = await importRows(shop, [
    { reference: one?.reference ?? "" },
    { reference: two?.reference ?? "", amount: "1.000,00" },
    { reference: two?.reference ?? "", amount: "9.99" },
    { reference: three?.reference ?? "", amount: "10.01" },
    { reference: "rent" },
    { reference: "fee", amount: "-2.50" },
  ]);
  expect(resultsOf(rows)).toEqual(["MATCHED", "INVALID", "PART_PAID", "OVERPAID", "UNMATCHED", "IGNORED"]);
  expect(rows.map(({ line }) => line)).toEqual([2, 3, 4, 5, 6, 7]);
});

test.each([
  ["nothing of ours", () => ({ reference: "groceries" }), "it names no payment"],
  [
    "a reference with a wrong letter",
    () => ({ reference: "RF24A3K9P0WXT3" }),
    "RF24A3K9P0WXT3 has wrong check digits",
  ],
  [
    "an account number with a wrong digit",
    () => ({ reference: "8808123456789011" }),
    "8808123456789011 has wrong check digits",
  ],
  [
    "two payments",
    async () => {
      const [one, two] = [await shop.transfer("why-1"), await shop.transfer("why-2")];
      return { reference: one.reference, description: two.accountNumber };
    },
    "it names 2 payments",
  ],
  [
    "a payment in another currency",
    async () => {
      const { reference } = await shop.transfer("why-3");
      return { reference, currency: "EUR" };
    },
    "payment why-3 is in USD",
  ],
] as const)("%s: unmatched, and why", async (_, row, problem) => {
  const rows = await importRows(shop, [await row()]);
  expect(resultsOf(rows)).toEqual(["UNMATCHED"]);
  expect(rows).toMatchObject([{ problem, transaction: { note: problem, paymentId: "" } }]);
});

test("what is no statement changes nothing", async () => {
  const { reference } = await shop.transfer("refused");
  const before = await storedText(shop.db);
  const data = Buffer.from(`date,amount,reference\n2026-11-21,10.00,${reference}`);
  const content = { contentType: "text/csv", data };
  const problem = 'there is no column "currency"';
  await expectReason(shop.client.importBankStatement({ content }, as.staff), "STATEMENT_INVALID", {
    problem,
  });
  const rows = Buffer.from("date,amount,currency,reference\n".padEnd(1024 * 1024 + 1));
  await expectReason(
    shop.client.importBankStatement({ content: { data: rows } }, as.staff),
    "STATEMENT_TOO_LARGE",
    { max_rows: "2000", max_bytes: "1048576" },
  );
  expect(await storedText(shop.db)).toBe(before);
});

test("a key answers the same again, and is one file's", async () => {
  const { reference } = await shop.transfer("key");
  const first = await importRows(shop, [{ reference }], { requestId: "key" });
  expect(await importRows(shop, [{ reference }], { requestId: "key" })).toEqual(first);
  await expectReason(
    importRows(shop, [{ reference, amount: "1.00" }], { requestId: "key" }),
    "REQUEST_ID_REUSED",
    {
      request_id: "key",
    },
  );
});

test("an Order that does not answer fails no row; the job remains", async () => {
  const { reference } = await shop.transfer("deaf");
  shop.settle = () => {
    throw new Error("order is away");
  };
  expect(resultsOf(await importRows(shop, [{ reference }]))).toEqual(["MATCHED"]);
  expect(shop.jobs).toHaveLength(1);
});

describe("what nobody knows is listed until somebody says what it is", () => {
  const list = async (
    request: { state?: BankTransaction_State; paymentId?: string; pageSize?: number } = {},
  ) => (await shop.client.listBankTransactions(request, as.staff)).bankTransactions;
  const unmatched = async (more: { amount?: string; currency?: string } = {}) => {
    const [row] = await importRows(shop, [{ reference: "who", id: `t-${Math.random()}`, ...more }]);
    return row?.transaction?.id ?? "";
  };

  test("assigned to a payment, it pays it; again changes nothing", async () => {
    await shop.transfer("assign");
    const bankTransactionId = await unmatched();
    expect((await list({ state: BankTransaction_State.UNMATCHED }))[0]?.id).toBe(bankTransactionId);
    const assigned = await shop.client.assignBankTransaction(
      { bankTransactionId, paymentId: "assign" },
      as.staff,
    );
    expect(assigned).toMatchObject({ state: BankTransaction_State.ASSIGNED, paymentId: "assign", note: "" });
    expect((await shop.get("assign")).state).toBe(Payment_State.CAPTURED);
    expect(shop.settled).toEqual(["ord_assign"]);
    expect(
      await shop.client.assignBankTransaction({ bankTransactionId, paymentId: "assign" }, as.staff),
    ).toEqual(assigned);
    expect(await list({ paymentId: "assign" })).toEqual([assigned]);
    expect(moneyOf(await shop.get("assign"))).toEqual(whole);
    const refused = { bank_transaction_id: bankTransactionId, payment_id: "assign" };
    await shop.transfer("assign-other");
    await expectReason(
      shop.client.assignBankTransaction({ bankTransactionId, paymentId: "assign-other" }, as.staff),
      "BANK_TRANSACTION_ASSIGNED",
      refused,
    );
    await expectReason(
      shop.client.dismissBankTransaction({ bankTransactionId }, as.staff),
      "BANK_TRANSACTION_ASSIGNED",
      refused,
    );
  });

  test("dismissed, it is nobody's, unless it is assigned after all", async () => {
    await shop.transfer("dismiss");
    const bankTransactionId = await unmatched();
    for (let time = 0; time < 2; time++) {
      const dismissed = await shop.client.dismissBankTransaction(
        { bankTransactionId, reason: "rent" },
        as.staff,
      );
      expect(dismissed).toMatchObject({ state: BankTransaction_State.DISMISSED, note: "rent" });
    }
    expect((await list({ state: BankTransaction_State.UNMATCHED })).map(({ id }) => id)).not.toContain(
      bankTransactionId,
    );
    expect((await list({ state: BankTransaction_State.DISMISSED })).map(({ id }) => id)).toContain(
      bankTransactionId,
    );
    await shop.client.assignBankTransaction({ bankTransactionId, paymentId: "dismiss" }, as.staff);
    expect((await shop.get("dismiss")).state).toBe(Payment_State.CAPTURED);
  });

  test("it is refused to what it cannot be of", async () => {
    await shop.pay("assign-card");
    await shop.transfer("assign-usd");
    const bankTransactionId = await unmatched({ currency: "EUR" });
    const assign = (paymentId: string, id = bankTransactionId) =>
      shop.client.assignBankTransaction({ bankTransactionId: id, paymentId }, as.staff);
    await expectReason(assign("assign-card"), "PAYMENT_NOT_AWAITING_TRANSFER", {
      payment_id: "assign-card",
      state: "AUTHORIZED",
    });
    await expectReason(assign("assign-usd"), "CURRENCY_MISMATCH", {
      payment_currency: "USD",
      currency_code: "EUR",
    });
    await expectReason(assign("none"), "PAYMENT_NOT_FOUND", { payment_id: "none" });
    await expectReason(assign("assign-usd", "none"), "BANK_TRANSACTION_NOT_FOUND", {
      bank_transaction_id: "none",
    });
    await expectReason(
      shop.client.dismissBankTransaction({ bankTransactionId: "none" }, as.staff),
      "BANK_TRANSACTION_NOT_FOUND",
      { bank_transaction_id: "none" },
    );
    expect((await shop.get("assign-usd")).state).toBe(Payment_State.AWAITING_TRANSFER);
  });

  test("page by page, the newest first", async () => {
    const ids = [await unmatched(), await unmatched(), await unmatched()].reverse();
    const state = BankTransaction_State.UNMATCHED;
    const first = await shop.client.listBankTransactions({ state, pageSize: 2 }, as.staff);
    const { nextPageToken: pageToken } = first;
    const second = await shop.client.listBankTransactions({ state, pageSize: 2, pageToken }, as.staff);
    expect([...first.bankTransactions, ...second.bankTransactions].map(({ id }) => id).slice(0, 3)).toEqual(
      ids,
    );
    await expectReason(shop.client.listBankTransactions({ pageToken }, as.staff), "PAGE_TOKEN_INVALID", {});
  });

  test.each(["assignBankTransaction", "dismissBankTransaction"] as const)(
    "%s with a key answers the same",
    async (rpc) => {
      await shop.transfer(`key-${rpc}`);
      const request = { bankTransactionId: await unmatched(), paymentId: `key-${rpc}`, requestId: rpc };
      const first = await shop.client[rpc](request, as.staff);
      expect(await shop.client[rpc](request, as.staff)).toEqual(first);
      await expectReason(
        shop.client[rpc]({ ...request, bankTransactionId: "other" }, as.staff),
        "REQUEST_ID_REUSED",
        {
          request_id: rpc,
        },
      );
    },
  );
});

test("with an order's payments, what the bank wrote of them is blotted out", async () => {
  const { reference } = await shop.transfer("erase");
  await importRows(shop, [{ reference, description: "Ada Lovelace of Portland" }]);
  await shop.client.erasePayments({ orderIds: ["ord_erase"] }, as.service("customer"));
  expect(await storedText(shop.db)).not.toContain("Lovelace");
  expect(resultsOf(await importRows(shop, [{ reference, description: "Ada Lovelace of Portland" }]))).toEqual(
    ["ALREADY_IMPORTED"],
  );
});

test("a number that another payment has is made anew", async () => {
  // Two digits are left to chance: some of these are likely to meet.
  shop.deps.accountPrefixes = { FEW_VA: "8812345678901" };
  const value = { bank: "FEW_VA", timeLimit: { seconds: 60n, nanos: 0 } };
  const made = await Promise.all(
    Array.from({ length: 12 }, (_, i) =>
      shop.client.createPayment(
        {
          ...{ paymentId: `few-${i}`, orderId: `ord_few-${i}`, amount: money("USD", 1n) },
          method: { case: "bankTransfer", value },
        },
        order,
      ),
    ),
  );
  expect(new Set(made.map(({ accountNumber }) => accountNumber)).size).toBe(12);
});
