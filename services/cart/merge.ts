import { type CartDocument, maxLines, maxQuantity, type Receipt, type StoredLine, touched } from "./cart.ts";
import { maxCoupons } from "./coupons.ts";

/*
 * A cart comes into another in four writes, each of one document by compare-and-set:
 *
 *   1. claimed      the cart belongs to the customer and says where it is going; from here on nobody changes it
 *   2. withLinesOf  the other cart has the lines, and a receipt
 *   3. handedOver   the cart keeps what the receipt left it, and is a cart like any other
 *   4. settled      the receipt is gone
 *
 * What was claimed is carried on by whoever finds it (`finish-merge.ts`), at any point, several at once. No
 * unit counts twice: lines are taken only where there is no receipt, and a receipt goes only once the cart is
 * handed over, which happens to it once.
 */

/** Whether the lines of a guest's cart may go into this one; an empty cart fits any currency. */
export function canMerge(cart: CartDocument, into: CartDocument): boolean {
  return cart.id !== into.id && (cart.currencyCode === into.currencyCode || cart.lines.length === 0);
}

/** Whether the cart can change: nothing is being made of it. */
export function isOpen({ order, mergingInto }: CartDocument): boolean {
  return order === undefined && mergingInto === undefined;
}

/** The cart as the customer's; with `into`, on its way into that cart of the customer's. */
export function claimed(
  cart: CartDocument,
  { customerId, into, now }: { customerId: string; into: string | undefined; now: number },
): CartDocument {
  const owned = { ...cart, owner: customerId };
  return into === undefined ? owned : touched(cart, { ...owned, mergingInto: into }, now);
}

/**
 * The cart with another's lines and a receipt for them. Units of the same SKU add up to what a line may have;
 * what finds no room stays where it was, and so does all when the cart cannot change. What is known of the
 * delivery stays, what is not comes along, and so do codes of coupons, as many as there is room for. Its time of change is later than the other's.
 */
export function withLinesOf(
  cart: CartDocument,
  other: CartDocument,
  now: number,
): { cart: CartDocument; left: readonly string[] } {
  if (!isOpen(cart) || cart.owner !== other.owner || !canMerge(other, cart)) {
    const left = other.lines.map(({ sku }) => sku);
    return { cart: withReceipt(cart, { from: other.id, left }), left };
  }
  const lines = new Map(cart.lines.map((line) => [line.sku, line]));
  const left: string[] = [];
  for (const line of other.lines) {
    const present = lines.get(line.sku);
    if (present !== undefined || lines.size < maxLines) {
      lines.set(line.sku, added(present, line));
    } else {
      left.push(line.sku);
    }
  }
  const { contact = other.contact, shippingAddress = other.shippingAddress } = cart;
  const coupons = [...new Set([...(cart.coupons ?? []), ...(other.coupons ?? [])])].slice(0, maxCoupons);
  const merged = {
    ...withReceipt(cart, { from: other.id, left }),
    lines: [...lines.values()],
    ...(coupons.length > 0 && { coupons }),
    ...(contact && { contact }),
    ...(shippingAddress && { shippingAddress }),
  };
  return { cart: touched(cart, merged, Math.max(now, other.updateTime + 1)), left };
}

/** The cart whose lines have gone, with those that were left. */
export function handedOver(cart: CartDocument, left: readonly string[]): CartDocument {
  const { mergingInto: _into, ...rest } = cart;
  return { ...rest, lines: cart.lines.filter(({ sku }) => left.includes(sku)) };
}

/** The receipt for a cart's lines; undefined when they have not come. */
export function receiptFor(cart: CartDocument, from: string): Receipt | undefined {
  return cart.receipts?.find((receipt) => receipt.from === from);
}

/** The cart without the receipt for another's lines; the same document when it has none. */
export function settled(cart: CartDocument, from: string): CartDocument {
  if (receiptFor(cart, from) === undefined) {
    return cart;
  }
  const { receipts, ...rest } = cart;
  const others = receipts?.filter((receipt) => receipt.from !== from) ?? [];
  return others.length === 0 ? rest : { ...rest, receipts: others };
}

function withReceipt(cart: CartDocument, receipt: Receipt): CartDocument {
  return { ...cart, receipts: [...(cart.receipts ?? []), receipt] };
}

/** The buyer saw the line that is added last. */
function added(present: StoredLine | undefined, line: StoredLine): StoredLine {
  return { ...line, quantity: Math.min((present?.quantity ?? 0) + line.quantity, maxQuantity) };
}
