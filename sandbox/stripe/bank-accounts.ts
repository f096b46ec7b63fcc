import type Stripe from "stripe";
import type { BankTransferType } from "./records.ts";

type FinancialAddress = Stripe.PaymentIntent.NextAction.DisplayBankTransferInstructions.FinancialAddress;

/** The currencies each kind of bank transfer moves. */
export const TRANSFER_CURRENCY: Record<BankTransferType, string> = {
  us_bank_transfer: "usd",
  eu_bank_transfer: "eur",
  gb_bank_transfer: "gbp",
  jp_bank_transfer: "jpy",
  mx_bank_transfer: "mxn",
};

export const TRANSFER_TYPES = [
  "us_bank_transfer",
  "eu_bank_transfer",
  "gb_bank_transfer",
  "jp_bank_transfer",
  "mx_bank_transfer",
] as const satisfies readonly BankTransferType[];

const holder = "Rowlock Sandbox";
const bank = "Sandbox Test Bank";

function place(country: string): Stripe.Address {
  return {
    city: "Testville",
    country,
    line1: "1 Sandbox Street",
    line2: null,
    postal_code: "10001",
    state: null,
  };
}

/** The virtual bank account of a customer, `account` being its twelve digits. */
export function financialAddresses({
  type,
  account,
  country,
}: {
  type: BankTransferType;
  account: string;
  country?: string;
}): FinancialAddress[] {
  switch (type) {
    case "us_bank_transfer":
      return [
        {
          type: "aba",
          supported_networks: ["ach", "domestic_wire_us"],
          aba: {
            account_holder_address: place("US"),
            account_holder_name: holder,
            account_number: account,
            account_type: "checking",
            bank_address: place("US"),
            bank_name: bank,
            routing_number: "110000000",
          },
        },
      ];
    case "eu_bank_transfer": {
      const land = country ?? "DE";
      return [
        {
          type: "iban",
          supported_networks: ["sepa"],
          iban: {
            account_holder_address: place(land),
            account_holder_name: holder,
            bank_address: place(land),
            bic: `TEST${land}2XXXX`.slice(0, 11),
            country: land,
            iban: iban(land, `10000000${account.slice(-10)}`),
          },
        },
      ];
    }
    case "gb_bank_transfer":
      return [
        {
          type: "sort_code",
          supported_networks: ["bacs", "fps"],
          sort_code: {
            account_holder_address: place("GB"),
            account_holder_name: holder,
            account_number: account.slice(-8),
            bank_address: place("GB"),
            sort_code: "108800",
          },
        },
      ];
    case "jp_bank_transfer":
      return [
        {
          type: "zengin",
          supported_networks: ["zengin"],
          zengin: {
            account_holder_address: place("JP"),
            account_holder_name: holder,
            account_number: account.slice(-7),
            account_type: "futsu",
            bank_address: place("JP"),
            bank_code: "0010",
            bank_name: bank,
            branch_code: "100",
            branch_name: "Main",
          },
        },
      ];
    case "mx_bank_transfer":
      return [
        {
          type: "spei",
          supported_networks: ["spei"],
          spei: {
            account_holder_address: place("MX"),
            account_holder_name: holder,
            bank_address: place("MX"),
            bank_code: "646",
            bank_name: bank,
            clabe: `646180${account}`,
          },
        },
      ];
  }
}

/** Check digits of ISO 13616: the rearranged number is 1 modulo 97. */
function iban(country: string, account: string): string {
  const digits = [...`${account}${country}00`].map((char) => Number.parseInt(char, 36)).join("");
  return `${country}${String(98n - (BigInt(digits) % 97n)).padStart(2, "0")}${account}`;
}
