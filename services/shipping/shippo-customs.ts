import type { CustomsDeclarationCreateRequest } from "shippo";
import type { Sender } from "./carrier.ts";
import type { CustomsItem } from "./customs.ts";

/** Exports from the United States under this value, in dollars, need no electronic filing. */
const usFilingValue = 2_500;

/** The declaration of goods: signed by the sender, undeliverable parcels come back. */
export function toDeclaration({
  items,
  sender,
  originCountryCode,
  isReturn,
}: {
  items: readonly CustomsItem[];
  sender: Sender;
  /** Of the items that name none. */
  originCountryCode: string;
  isReturn: boolean;
}): CustomsDeclarationCreateRequest {
  const value = items.reduce((sum, { value: each }) => sum + Number(each), 0);
  const inDollars = items.every(({ currencyCode }) => currencyCode === "USD");
  const isExempt = sender.countryCode === "US" && !isReturn && inDollars && value < usFilingValue;
  return {
    certify: true,
    certifySigner: sender.name,
    contentsType: isReturn ? "RETURN_MERCHANDISE" : "MERCHANDISE",
    nonDeliveryOption: "RETURN",
    ...(isExempt && { eelPfc: "NOEEI_30_37_a" }),
    items: items.map((item) => ({
      description: item.description,
      quantity: item.quantity,
      netWeight: String(item.weightG),
      massUnit: "g",
      valueAmount: item.value,
      valueCurrency: item.currencyCode,
      originCountry: item.originCountryCode || originCountryCode,
      skuCode: item.sku,
      tariffNumber: item.tariffNumber,
      hsCode: item.tariffNumber,
    })),
  };
}
