import type { HandlerContext, MethodImpl } from "@connectrpc/connect";
import type { Variant } from "../../../gen/rowlock/catalog/v1/catalog_pb.js";
import type { PycomService, UpdateProductRequest } from "../../../gen/rowlock/legacy/pycom/v1/pycom_pb.js";
import type { Money } from "../../../gen/rowlock/type/v1/money_pb.js";
import { money } from "../../../lib/money/money.ts";
import { outgoing } from "../../../lib/rpc/index.ts";
import { fromAmount, toAmount } from "../../amount.ts";
import { isNotFound } from "../../cart.ts";
import type { FacadeDeps } from "../../facade.ts";
import { nameOf } from "../../text-value.ts";
import { changeProduct, type Named, requireProduct } from "../change-product.ts";

/** Changes what is given of a product; its stock first, since that can be refused. */
export function updateProduct(deps: FacadeDeps): MethodImpl<typeof PycomService.method.updateProduct> {
  const { currencyCode } = deps;
  return async (request, ctx) => {
    const id = nameOf(request.id, "id");
    const { name, price } = request;
    const amount = price === undefined ? undefined : fromAmount(price, { currencyCode, field: "price" });
    const { sku } = await requireProduct(deps, ctx, id);
    const quantity = await stockOf(deps, ctx, { sku, request });
    const { product } = await changeProduct(deps, ctx, {
      id,
      edit: (named) => ({
        ...(name !== undefined && { title: name }),
        ...(amount !== undefined && { variants: repriced(named, money(currencyCode, amount)) }),
      }),
    });
    const own = product.variants.find((each) => each.sku === sku);
    return {
      id: sku,
      name: product.title,
      price: toAmount(own?.prices.find((each) => each.currencyCode === currencyCode)),
      quantity,
    };
  };
}

/** The product's variants, of which the named one has the price; its prices in other currencies stay. */
function repriced({ product, sku }: Named, price: Money): Variant[] {
  return product.variants.map((variant) => {
    if (variant.sku !== sku) return variant;
    const others = variant.prices.filter(({ currencyCode }) => currencyCode !== price.currencyCode);
    return { ...variant, prices: [...others, price] };
  });
}

/** Sets the units on hand when they are given; answers how many there are. */
async function stockOf(
  { inventory }: FacadeDeps,
  ctx: HandlerContext,
  { sku, request: { quantity, requestId } }: { sku: string; request: UpdateProductRequest },
): Promise<bigint> {
  if (quantity !== undefined) {
    return (await inventory.setStock({ sku, onHand: quantity, requestId }, outgoing(ctx))).onHand;
  }
  try {
    return (await inventory.getStock({ sku }, outgoing(ctx))).onHand;
  } catch (err) {
    if (isNotFound(err)) return 0n;
    throw err;
  }
}
