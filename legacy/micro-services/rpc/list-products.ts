import type { MessageInitShape } from "@bufbuild/protobuf";
import type { HandlerContext, MethodImpl } from "@connectrpc/connect";
import {
  type ListProductsRequestSchema,
  type Product,
  ListProductsRequest_Sort as Sort,
} from "../../../gen/rowlock/catalog/v1/catalog_pb.js";
import type { MicroServicesService } from "../../../gen/rowlock/legacy/micro_services/v1/micro_services_pb.js";
import { outgoing } from "../../../lib/rpc/index.ts";
import type { FacadeDeps } from "../../facade.ts";
import { categoryIdOf } from "../category.ts";
import { showProducts } from "../show-products.ts";
import { unixSeconds } from "../unix-seconds.ts";

/** Products at most: this API has no pages. */
const maxProducts = 1_000;

/** Lists products: all, or those of a category with those in which its name is found. */
export function listProducts(deps: FacadeDeps): MethodImpl<typeof MicroServicesService.method.listProducts> {
  return async ({ category, orderBy }, ctx) => {
    const sort = orderBy === "name" ? Sort.TITLE : Sort.NEWEST;
    const found =
      category === ""
        ? await listAll(deps, ctx, { sort })
        : [
            ...(await listAll(deps, ctx, { sort, categoryId: categoryIdOf(category) })),
            ...(await listAll(deps, ctx, { sort, query: category })),
          ];
    const products = [...new Map(found.map((product) => [product.id, product])).values()]
      .sort(sort === Sort.TITLE ? byName : byAge)
      .slice(0, maxProducts);
    return { products: await showProducts(deps, ctx, products) };
  };
}

const alphabet = new Intl.Collator("en");

function byName(a: Product, b: Product): number {
  return alphabet.compare(a.title, b.title) || (a.id < b.id ? -1 : 1);
}

/** The newest first. */
function byAge(a: Product, b: Product): number {
  return Number(unixSeconds(b.createTime) - unixSeconds(a.createTime)) || (a.id < b.id ? 1 : -1);
}

async function listAll(
  { catalog }: FacadeDeps,
  ctx: HandlerContext,
  filter: MessageInitShape<typeof ListProductsRequestSchema>,
): Promise<Product[]> {
  const all: Product[] = [];
  let pageToken = "";
  do {
    const page = await catalog.listProducts({ ...filter, pageSize: 200, pageToken }, outgoing(ctx));
    all.push(...page.products);
    pageToken = page.nextPageToken;
  } while (pageToken !== "" && all.length < maxProducts);
  return all;
}
