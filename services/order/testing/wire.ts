import { Code } from "@connectrpc/connect";
import { defineReasons } from "../../../lib/errors/reasons.ts";

/** Runs in a call of a neighbour; may throw. */
export type Hook = (id: string) => void | Promise<void>;

/** What runs between Order and its fake neighbours: it keeps the calls, and breaks where a test says. */
export class Wire {
  /** `inventory.commit ord_x`, in order. */
  readonly calls: string[] = [];
  /** Run before a call has its effect, by the call's name. */
  readonly before = new Map<string, Hook>();
  /** Run after a call has had its effect: what they throw is a lost answer. */
  readonly after = new Map<string, Hook>();

  async serve<T>(name: string, id: string, work: () => T): Promise<T> {
    this.calls.push(`${name} ${id}`);
    await this.before.get(name)?.(id);
    const answer = work();
    await this.after.get(name)?.(id);
    return answer;
  }

  /** Forgets hooks and calls. */
  clear(): void {
    this.calls.length = 0;
    this.before.clear();
    this.after.clear();
  }
}

/** The reasons of the neighbours, as their contracts name them. */
export const refuse = defineReasons({
  CART_NOT_FOUND: { code: Code.NotFound, message: "no cart" },
  CART_EMPTY: { code: Code.FailedPrecondition, message: "empty cart" },
  CART_LINE_INVALID: { code: Code.FailedPrecondition, message: "gone" },
  NOT_OWNER: { code: Code.PermissionDenied, message: "not yours" },
  INSUFFICIENT_STOCK: { code: Code.Aborted, message: "too few" },
  RESERVATION_NOT_FOUND: { code: Code.NotFound, message: "no reservation" },
  RESERVATION_MISMATCH: { code: Code.AlreadyExists, message: "other lines" },
  RESERVATION_CLOSED: { code: Code.FailedPrecondition, message: "closed" },
  RESERVATION_COMMITTED: { code: Code.FailedPrecondition, message: "committed" },
  LIMIT_REACHED: { code: Code.Aborted, message: "used up" },
  PROMOTION_NOT_ACTIVE: { code: Code.Aborted, message: "ended" },
  REDEMPTION_MISMATCH: { code: Code.AlreadyExists, message: "other promotions" },
  REDEMPTION_RELEASED: { code: Code.FailedPrecondition, message: "released" },
  PAYMENT_NOT_FOUND: { code: Code.NotFound, message: "no payment" },
  PAYMENT_LIVE: { code: Code.FailedPrecondition, message: "another is live" },
  PAYMENT_MISMATCH: { code: Code.AlreadyExists, message: "other content" },
  PAYMENT_METHOD_INVALID: { code: Code.InvalidArgument, message: "unknown method" },
  PAYMENT_METHOD_NOT_FOUND: { code: Code.NotFound, message: "not saved" },
  PAYMENT_NOT_AUTHORIZED: { code: Code.FailedPrecondition, message: "not authorized" },
  PAYMENT_CAPTURED: { code: Code.FailedPrecondition, message: "captured" },
  PAYMENT_NOT_CAPTURED: { code: Code.FailedPrecondition, message: "not captured" },
  REFUND_TOO_LARGE: { code: Code.FailedPrecondition, message: "too much" },
  PAYMENT_DISPUTED: { code: Code.FailedPrecondition, message: "the bank has it" },
  REFUND_REFUSED: { code: Code.FailedPrecondition, message: "no refund" },
  ADDRESS_REFUSED: { code: Code.InvalidArgument, message: "no carrier goes there" },
  SHIPMENT_MISMATCH: { code: Code.AlreadyExists, message: "other content" },
  SHIPMENT_NOT_FOUND: { code: Code.NotFound, message: "no shipment" },
  LABEL_REFUSED: { code: Code.FailedPrecondition, message: "no label" },
  PROVIDER_UNAVAILABLE: { code: Code.Unavailable, message: "silence" },
});

/** A neighbour that is away. */
export const away: Hook = () => {
  throw refuse("PROVIDER_UNAVAILABLE", {});
};
