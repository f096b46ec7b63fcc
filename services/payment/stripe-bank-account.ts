/** Where Stripe has a transfer sent. */
import type Stripe from "stripe";
import type { BankAccount } from "./bank-account.ts";
import type { TransferInstructions } from "./transfer-collector.ts";

type Instructions = Stripe.PaymentIntent.NextAction.DisplayBankTransferInstructions;
type Address = NonNullable<Instructions["financial_addresses"]>[number];

/** Stripe's instructions as the shop shows them: the first of the accounts, which all lead to the same money. */
export function toInstructions({
  financial_addresses: addresses,
  reference,
}: Instructions): TransferInstructions {
  const account = addresses?.map(toAccount).find((each) => each !== undefined);
  if (account === undefined) throw new Error("Stripe names no account that a transfer could go to");
  return { account, reference: reference ?? "" };
}

function toAccount({ type, iban, sort_code, aba, swift, zengin, spei }: Address): BankAccount | undefined {
  switch (type) {
    case "iban":
      return iban && accountOf(iban, { number: iban.iban, bic: iban.bic, countryCode: iban.country });
    case "sort_code":
      return (
        sort_code && accountOf(sort_code, { number: sort_code.account_number, bankCode: sort_code.sort_code })
      );
    case "aba":
      return aba && accountOf(aba, { number: aba.account_number, bankCode: aba.routing_number });
    case "swift":
      return swift && accountOf(swift, { number: swift.account_number, bic: swift.swift_code });
    case "zengin":
      return (
        zengin &&
        accountOf(zengin, {
          number: zengin.account_number ?? "",
          bankCode: zengin.bank_code ?? "",
          branchCode: zengin.branch_code ?? "",
        })
      );
    case "spei":
      return spei && accountOf(spei, { number: spei.clabe });
    default:
      return undefined;
  }
}

interface Named {
  account_holder_name: string | null;
  bank_name?: string | null;
  account_type?: string | null;
  bank_address: { country: string | null };
}

function accountOf(named: Named, own: Partial<BankAccount> & Pick<BankAccount, "number">): BankAccount {
  return {
    holder: named.account_holder_name ?? "",
    bankName: named.bank_name ?? "",
    bic: "",
    bankCode: "",
    branchCode: "",
    accountType: named.account_type ?? "",
    countryCode: named.bank_address.country ?? "",
    ...own,
  };
}
