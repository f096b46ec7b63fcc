import { create } from "@bufbuild/protobuf";
import { createValidator } from "@bufbuild/protovalidate";
import { CatalogService, ProductSchema } from "../../gen/rowlock/catalog/v1/catalog_pb.js";
import type { Clock } from "../../lib/clock.ts";
import type { Db } from "../../lib/db/index.ts";
import { defineService, type ServiceModule } from "../../lib/rpc/index.ts";
import { archiveProduct } from "./rpc/archive-product.ts";
import { batchGetProducts } from "./rpc/batch-get-products.ts";
import { batchGetVariants } from "./rpc/batch-get-variants.ts";
import { createCategory } from "./rpc/create-category.ts";
import { createProduct } from "./rpc/create-product.ts";
import { getProduct } from "./rpc/get-product.ts";
import { listCategories } from "./rpc/list-categories.ts";
import { listProducts } from "./rpc/list-products.ts";
import { updateProduct } from "./rpc/update-product.ts";

/** What the catalog stands on. */
export interface CatalogDeps {
  db: Db;
  clock: Clock;
}

/** Composes the catalog. */
export function createCatalogService(deps: CatalogDeps): ServiceModule {
  const validator = createValidator();
  // The first validation of a type compiles its rules, which takes tens of milliseconds.
  validator.validate(ProductSchema, create(ProductSchema));
  return {
    services: [
      defineService(CatalogService, {
        createProduct: createProduct(deps),
        getProduct: getProduct(deps),
        batchGetProducts: batchGetProducts(deps),
        listProducts: listProducts(deps),
        updateProduct: updateProduct({ ...deps, validator }),
        archiveProduct: archiveProduct(deps),
        batchGetVariants: batchGetVariants(deps),
        createCategory: createCategory(deps),
        listCategories: listCategories(deps),
      }),
    ],
  };
}
