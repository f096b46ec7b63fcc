import type { HandlerContext } from "@connectrpc/connect";
import { outgoing } from "../lib/rpc/index.ts";
import { isNotFound } from "./cart.ts";
import type { FacadeDeps } from "./facade.ts";

/**
 * The SKUs of products as clients of the older APIs name them: by SKU, which is also how they are answered, or by the
 * product's id (`prod_…`), which means its first variant. What is neither is taken as it is, and refused by whoever
 * is given it. The same order, and as many.
 */
export async function resolveSkus(
  { catalog }: Pick<FacadeDeps, "catalog">,
  ctx: HandlerContext,
  names: readonly string[],
): Promise<string[]> {
  const found = new Map<string, string>();
  const ids = new Set(names.filter((name) => name.startsWith("prod_")));
  for (const productId of ids) {
    try {
      const { variants } = await catalog.getProduct({ productId }, outgoing(ctx));
      const [first] = variants;
      if (first !== undefined) found.set(productId, first.sku);
    } catch (err) {
      if (!isNotFound(err)) throw err;
    }
  }
  return names.map((name) => found.get(name) ?? name);
}

/** Units by SKU of items as clients name them; items of the same product are added up. */
export async function quantitiesBySku(
  deps: Pick<FacadeDeps, "catalog">,
  ctx: HandlerContext,
  items: readonly { productId: string; quantity: bigint }[],
): Promise<Map<string, bigint>> {
  const skus = await resolveSkus(
    deps,
    ctx,
    items.map(({ productId }) => productId),
  );
  const quantities = new Map<string, bigint>();
  items.forEach(({ quantity }, i) => {
    const sku = skus[i] as string;
    quantities.set(sku, (quantities.get(sku) ?? 0n) + quantity);
  });
  return quantities;
}
