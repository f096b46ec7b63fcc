import { fundCashBalance } from "./bank-transfer.ts";
import { type Call, customerOf, newId, type Route, type StripeContext } from "./context.ts";
import { missingObject } from "./errors.ts";
import { listPage } from "./listing.ts";
import {
  address,
  amount,
  clearableText,
  createdRange,
  currency,
  group,
  ignored,
  list,
  mergeMetadata,
  metadata,
  paging,
  readParams,
  shipping,
  text,
} from "./params.ts";
import { attach, detach, methodOf, methodsOf } from "./payment-methods.ts";
import type { CustomerRecord } from "./records.ts";
import { renderCashBalance, renderCashTransaction, renderCustomer } from "./render-customer.ts";

const writable = {
  address,
  description: clearableText(),
  email: clearableText({ max: 512 }),
  invoice_settings: group({ default_payment_method: text(), footer: ignored, custom_fields: ignored }),
  metadata,
  name: clearableText({ max: 256 }),
  phone: clearableText(),
  preferred_locales: list(text()),
  shipping,
  tax: ignored,
  tax_exempt: ignored,
  expand: list(text()),
};

export function customerRoutes(ctx: StripeContext): Route[] {
  const { customers } = ctx.records;
  const one = "/v1/customers/:id";
  return [
    { method: "POST", path: "/v1/customers", endpoint: create },
    { method: "GET", path: "/v1/customers", endpoint: listCustomers },
    { method: "GET", path: one, endpoint: retrieve },
    { method: "POST", path: one, endpoint: update },
    { method: "DELETE", path: one, endpoint: remove },
    { method: "GET", path: `${one}/cash_balance`, endpoint: cashBalance },
    { method: "GET", path: `${one}/cash_balance_transactions`, endpoint: cashTransactions },
    { method: "POST", path: "/v1/test_helpers/customers/:id/fund_cash_balance", endpoint: fund },
  ];

  function create({ params, cause }: Call) {
    const input = readParams({ shape: { ...writable, payment_method: text() }, values: params });
    return () => {
      const record: CustomerRecord = { id: newId("cus"), created: ctx.now(), metadata: {}, cash: {} };
      const customer = customers.insert(apply(record, input));
      if (input.payment_method) {
        const method = methodOf(ctx, { id: input.payment_method, param: "payment_method" });
        attach(ctx, { method, customer: customer.id });
      }
      ctx.emit({ type: "customer.created", object: { kind: "customer", record: customer }, cause });
      return renderCustomer(customer);
    };
  }

  function update({ params, path, cause }: Call) {
    const input = readParams({ shape: writable, values: params });
    return () => {
      const customer = customers.put(apply(customerOf(ctx, { id: path["id"] ?? "", param: "id" }), input));
      ctx.emit({ type: "customer.updated", object: { kind: "customer", record: customer }, cause });
      return renderCustomer(customer);
    };
  }

  function retrieve({ params, path }: Call) {
    readParams({ shape: { expand: list(text()) }, values: params });
    return () => {
      const id = path["id"] ?? "";
      const customer = customers.get(id);
      if (!customer) throw missingObject({ kind: "customer", id });
      return renderCustomer(customer);
    };
  }

  function remove({ params, path, cause }: Call) {
    readParams({ shape: {}, values: params });
    return () => {
      const customer = customers.put({
        ...customerOf(ctx, { id: path["id"] ?? "", param: "id" }),
        deleted: true,
      });
      for (const method of methodsOf(ctx, customer.id)) detach(ctx, { method, cause });
      ctx.emit({ type: "customer.deleted", object: { kind: "customer", record: customer }, cause });
      return renderCustomer(customer);
    };
  }

  function listCustomers({ params }: Call) {
    const input = readParams({ shape: { ...paging, email: text(), created: createdRange }, values: params });
    return () =>
      listPage({
        collection: customers,
        kind: "customer",
        url: "/v1/customers",
        where: input.email ? { email: input.email } : {},
        params: input,
        render: renderCustomer,
      });
  }

  function cashBalance({ params, path }: Call) {
    readParams({ shape: { expand: list(text()) }, values: params });
    return () => renderCashBalance(customerOf(ctx, { id: path["id"] ?? "", param: "id" }));
  }

  function cashTransactions({ params, path }: Call) {
    const input = readParams({ shape: paging, values: params });
    return () => {
      const customer = customerOf(ctx, { id: path["id"] ?? "", param: "id" });
      return listPage({
        collection: ctx.records.cash,
        kind: "customer_cash_balance_transaction",
        url: `/v1/customers/${customer.id}/cash_balance_transactions`,
        where: { customer: customer.id },
        params: input,
        render: renderCashTransaction,
      });
    };
  }

  function fund({ params, path, cause }: Call) {
    const input = readParams({
      shape: { amount, currency, reference: text(), expand: list(text()) },
      required: ["amount", "currency"],
      values: params,
    });
    return () =>
      renderCashTransaction(
        fundCashBalance(ctx, {
          customer: customerOf(ctx, { id: path["id"] ?? "", param: "id" }),
          amount: input.amount ?? 0,
          currency: input.currency ?? "",
          ...(input.reference && { reference: input.reference }),
          cause,
        }),
      );
  }
}

type Input = ReturnType<typeof readParams<typeof writable>>;

function apply(customer: CustomerRecord, input: Input): CustomerRecord {
  const { metadata: change, invoice_settings, tax: _, tax_exempt: __, expand: ___, ...rest } = input;
  return {
    ...customer,
    ...rest,
    metadata: mergeMetadata(customer.metadata, change ?? {}),
    ...(invoice_settings?.default_payment_method && {
      default_payment_method: invoice_settings.default_payment_method,
    }),
  };
}
