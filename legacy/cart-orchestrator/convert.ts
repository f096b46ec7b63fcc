import { create, type MessageInitShape } from "@bufbuild/protobuf";
import type { Cart as CoreCart } from "../../gen/rowlock/cart/v1/cart_pb.js";
import { type Cart, CartSchema } from "../../gen/rowlock/legacy/cart_orchestrator/v1/cart_orchestrator_pb.js";
import type { Money } from "../../gen/rowlock/type/v1/money_pb.js";

/**
 * Minor units to the smallest unit in use. ISO 4217 gives the rupiah a hundredth, the sen, which nobody has: prices
 * of this API are rupiah.
 */
function toSmallestUnit(money: Pick<Money, "currencyCode" | "amount"> | undefined): number {
  if (money === undefined) return 0;
  return money.currencyCode === "IDR" ? Number(money.amount) / 100 : Number(money.amount);
}

/** A cart as this API shows it. `descriptions` are the products', by their ids. */
export function toCart(
  cart: CoreCart,
  {
    id,
    paymentMethod,
    descriptions,
  }: { id: string; paymentMethod: string; descriptions: ReadonlyMap<string, string> },
): Cart {
  const lineItems: MessageInitShape<typeof CartSchema>["lineItems"] = cart.lines.map((line) => ({
    productId: line.sku,
    title: line.title,
    description: descriptions.get(line.productId) ?? "",
    price: toSmallestUnit(line.unitPrice),
    quantity: line.quantity,
  }));
  return create(CartSchema, {
    id,
    paymentMethod,
    lineItems,
    totalPrice: toSmallestUnit(cart.total),
  });
}
