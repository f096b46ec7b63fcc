import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import {
  type Cart,
  Cart_State,
  type CartLine,
  type CartLineSchema,
  CartSchema,
  Notice_Kind,
  type NoticeSchema,
} from "../../gen/rowlock/cart/v1/cart_pb.js";
import type { SellableVariant } from "../../gen/rowlock/catalog/v1/catalog_pb.js";
import { StockShortageSchema } from "../../gen/rowlock/inventory/v1/inventory_pb.js";
import { MAX_AMOUNT } from "../../lib/money/money.ts";
import type { CartDocument, StoredLine } from "./cart.ts";
import type { Offers } from "./offers.ts";
import { fail } from "./reasons.ts";

/**
 * The cart with its goods at their prices under these offers, before discounts and taxes. When stock was not asked
 * for, quantities are those the buyer asked for and `available` is 0.
 * @throws CART_TOTAL_TOO_LARGE
 */
export function priceGoods(cart: CartDocument, { variants, available }: Offers): Cart {
  const { currencyCode } = cart;
  let sum = 0n;
  const lines = cart.lines.map((line) => {
    const variant = variants.get(line.sku);
    const priced = priceLine({
      line,
      variant,
      currencyCode,
      available: available && (available.get(line.sku) ?? 0n),
    });
    sum += priced.amount;
    return priced.message;
  });
  // Amounts are never negative, so no line is larger than the sum.
  if (sum > MAX_AMOUNT) {
    throw fail("CART_TOTAL_TOO_LARGE", { cart_id: cart.id });
  }
  return create(CartSchema, {
    id: cart.id,
    state: stateOf(cart),
    currencyCode,
    lines,
    itemTotal: { currencyCode, amount: sum },
    coupons: (cart.coupons ?? []).map((code) => ({ code })),
    contact: cart.contact,
    shippingAddress: cart.shippingAddress,
    orderId: cart.order?.id ?? "",
    channel: cart.channel ?? "",
    metadata: { ...cart.metadata },
    createTime: timestampFromMs(cart.createTime),
    updateTime: timestampFromMs(cart.updateTime),
    expireTime: timestampFromMs(cart.expireTime),
  });
}

/** The lines that count in a cart's totals: of what is gone, or out of stock, nothing is ordered. */
export function countingLines({ lines }: Cart): CartLine[] {
  return lines.filter(({ quantity }) => quantity > 0n);
}

/** Price of one unit in the currency, in minor units; undefined when the variant is not sold in it. */
export function priceOf(variant: SellableVariant | undefined, currencyCode: string): bigint | undefined {
  return variant?.variant?.prices.find((price) => price.currencyCode === currencyCode)?.amount;
}

/**
 * The cart with one line's price and titles as the buyer sees them now, if its units may be asked for.
 * @throws SKU_NOT_FOUND, PRICE_MISSING, INSUFFICIENT_STOCK (with a StockShortage)
 */
export function seen(cart: CartDocument, sku: string, { variants, available }: Offers): CartDocument {
  const variant = variants.get(sku);
  if (variant === undefined) {
    throw fail("SKU_NOT_FOUND", { sku });
  }
  const price = priceOf(variant, cart.currencyCode);
  if (price === undefined) {
    throw fail("PRICE_MISSING", { sku, currency_code: cart.currencyCode });
  }
  const left = available?.get(sku) ?? 0n;
  const lines = cart.lines.map((line): StoredLine => {
    if (line.sku !== sku) {
      return line;
    }
    if (BigInt(line.quantity) > left) {
      throw shortage(sku, BigInt(line.quantity), left);
    }
    return { ...line, seenPrice: price.toString(), ...appearance(variant) };
  });
  return { ...cart, lines };
}

function shortage(sku: string, requested: bigint, available: bigint) {
  return fail(
    "INSUFFICIENT_STOCK",
    { sku, requested: requested.toString(), available: available.toString() },
    { details: [{ desc: StockShortageSchema, value: { lines: [{ sku, requested, available }] } }] },
  );
}

function priceLine({
  line,
  variant,
  currencyCode,
  available,
}: {
  line: StoredLine;
  variant: SellableVariant | undefined;
  currencyCode: string;
  available: bigint | undefined;
}): { amount: bigint; message: MessageInitShape<typeof CartLineSchema> } {
  const requested = BigInt(line.quantity);
  const shown = {
    sku: line.sku,
    productId: variant?.productId ?? "",
    categoryIds: variant?.categoryIds ?? [],
    taxCategory: variant?.taxCategory ?? "",
    ...(variant === undefined
      ? { title: line.title, variantTitle: line.variantTitle, imageUrl: line.imageUrl }
      : appearance(variant)),
    requestedQuantity: requested,
    available: available ?? 0n,
  };
  const price = priceOf(variant, currencyCode);
  if (price === undefined) {
    return {
      amount: 0n,
      message: { ...shown, total: { currencyCode, amount: 0n }, notices: [{ kind: Notice_Kind.GONE }] },
    };
  }
  const quantity = available === undefined || requested <= available ? requested : available;
  const notices: MessageInitShape<typeof NoticeSchema>[] = [];
  const seenPrice = BigInt(line.seenPrice);
  if (price !== seenPrice) {
    notices.push({
      kind: Notice_Kind.PRICE_CHANGED,
      previousPrice: { currencyCode, amount: seenPrice },
    });
  }
  if (quantity < requested) {
    notices.push({ kind: quantity === 0n ? Notice_Kind.OUT_OF_STOCK : Notice_Kind.QUANTITY_LOWERED });
  }
  const amount = price * quantity;
  return {
    amount,
    message: {
      ...shown,
      quantity,
      unitPrice: { currencyCode, amount: price },
      total: { currencyCode, amount },
      notices,
    },
  };
}

function appearance({ productTitle, variant, imageUrl }: SellableVariant) {
  return { title: productTitle, variantTitle: variant?.title ?? "", imageUrl };
}

function stateOf({ order }: CartDocument): Cart_State {
  switch (order?.state) {
    case undefined:
      return Cart_State.OPEN;
    case "frozen":
      return Cart_State.FROZEN;
    case "ordered":
      return Cart_State.ORDERED;
    default:
      order satisfies never;
      return Cart_State.UNSPECIFIED;
  }
}
