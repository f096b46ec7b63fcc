import { invalidParam } from "./errors.ts";
import type { Records } from "./records.ts";
import { type Links, renderIntent } from "./render.ts";
import { renderCharge, renderPaymentMethod, renderRefund } from "./render-charge.ts";
import { renderCustomer } from "./render-customer.ts";
import { renderDispute } from "./render-dispute.ts";

/** Fields that hold an id which can be expanded, and never an empty list of meanings: the id's prefix decides. */
const EXPANDABLE = new Set([
  "latest_charge",
  "payment_method",
  "customer",
  "charge",
  "payment_intent",
  "balance_transaction",
]);

/**
 * Replaces ids by their objects along each path, e.g. `latest_charge` or `data.payment_intent.customer`.
 * Throws for a path that names no such field. At most four levels, as at Stripe.
 */
export function expand({
  object,
  paths,
  records,
  links,
}: {
  object: object;
  paths: readonly string[];
  records: Records;
  links: Links;
}): void {
  for (const path of paths) {
    const parts = path.split(".");
    if (parts.length > 4)
      throw invalidParam({
        message: `You cannot expand more than 4 levels of a property (${path}).`,
        param: "expand",
      });
    follow(object as Record<string, unknown>, parts, path);
  }

  function follow(target: Record<string, unknown>, parts: readonly string[], path: string): void {
    const [part = "", ...rest] = parts;
    if (part === "data" && Array.isArray(target["data"])) {
      for (const item of target["data"]) follow(item as Record<string, unknown>, rest, path);
      return;
    }
    const value = target[part];
    if (value === undefined || (!EXPANDABLE.has(part) && typeof value !== "object")) {
      throw invalidParam({ message: `This property cannot be expanded (${path}).`, param: "expand" });
    }
    if (typeof value === "string") target[part] = load(value) ?? value;
    const next = target[part];
    if (rest.length > 0 && typeof next === "object" && next !== null) {
      follow(next as Record<string, unknown>, rest, path);
    }
  }

  function load(id: string): object | undefined {
    switch (id.slice(0, id.indexOf("_"))) {
      case "ch":
        return render(records.charges.get(id), renderCharge);
      case "cus":
        return render(records.customers.get(id), renderCustomer);
      case "pi":
        return render(records.intents.get(id), (intent) => renderIntent(intent, links));
      case "pm":
        return render(records.methods.get(id), renderPaymentMethod);
      case "dp":
      case "du":
        return render(records.disputes.get(id), renderDispute);
      case "re":
        return render(records.refunds.get(id), renderRefund);
      default:
        return undefined;
    }
  }
}

function render<T>(record: T | undefined, to: (record: T) => object): object | undefined {
  return record && to(record);
}
