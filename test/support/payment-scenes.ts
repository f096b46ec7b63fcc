import { randomUUID } from "node:crypto";
import { newBankTransaction, newPaymentMethod, newTransfer, statement } from "./payment-calls.ts";
import type { Scene } from "./scene.ts";
import type { TestShop } from "./shop.ts";

/** A scene for each keyed method of bank statements and saved cards. */
export const paymentScenes: Record<string, (shop: TestShop) => Promise<Scene>> = {
  "payment.v1.PaymentService/ImportBankStatement": async ({ rest, staff }) => {
    const account = randomUUID();
    const effects = async () => {
      const { bankTransactions } = (await rest("GET", "/v1/bankTransactions?pageSize=200", { staff })).body;
      return bankTransactions.filter((each: { account: string }) => each.account === account).length;
    };
    return { known: { account, content: statement() }, other: { content: statement() }, effects };
  },
  "payment.v1.PaymentService/AssignBankTransaction": async (shop) => {
    const payment_id = await newTransfer(shop);
    const effects = async () => {
      const { body } = await shop.rest("GET", `/v1/payments/${payment_id}`, { staff: shop.staff });
      return Number(body.received.amount) / 100;
    };
    const known = { bank_transaction_id: await newBankTransaction(shop), payment_id };
    return { known, other: { payment_id: await newTransfer(shop) }, effects };
  },
  "payment.v1.PaymentService/DismissBankTransaction": async (shop) => ({
    known: { bank_transaction_id: await newBankTransaction(shop) },
    other: { reason: "other" },
  }),
  "payment.v1.PaymentService/DeletePaymentMethod": async (shop) => {
    const { session, id } = await newPaymentMethod(shop);
    const effects = async () => {
      const { body } = await shop.rest("GET", "/v1/paymentMethods", { staff: session });
      return 1 - body.paymentMethods.length;
    };
    return { session, known: { payment_method_id: id }, effects };
  },
};
