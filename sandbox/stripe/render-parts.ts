import type Stripe from "stripe";
import type { Address, BillingRecord, ShippingRecord } from "./records.ts";

/** Whole seconds since the epoch, as Stripe tells times. */
export const seconds = (milliseconds: number): number => Math.floor(milliseconds / 1000);

export function renderAddress(address: Address): Stripe.Address {
  return {
    city: address.city ?? null,
    country: address.country ?? null,
    line1: address.line1 ?? null,
    line2: address.line2 ?? null,
    postal_code: address.postal_code ?? null,
    state: address.state ?? null,
  };
}

export function renderBilling(billing: BillingRecord): Stripe.Charge.BillingDetails {
  return {
    address: renderAddress(billing.address ?? {}),
    email: billing.email ?? null,
    name: billing.name ?? null,
    phone: billing.phone ?? null,
    tax_id: billing.tax_id ?? null,
  };
}

export function renderShipping(
  shipping: ShippingRecord | null | undefined,
): Stripe.PaymentIntent.Shipping | null {
  if (!shipping) return null;
  return {
    address: renderAddress(shipping.address ?? {}),
    carrier: shipping.carrier ?? null,
    name: shipping.name ?? "",
    phone: shipping.phone ?? null,
    tracking_number: shipping.tracking_number ?? null,
  };
}
