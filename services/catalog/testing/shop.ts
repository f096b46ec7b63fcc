import type { MessageInitShape } from "@bufbuild/protobuf";
import { type Client, createClient } from "@connectrpc/connect";
import {
  CatalogService,
  type Product,
  type ProductSchema,
  type VariantSchema,
} from "../../../gen/rowlock/catalog/v1/catalog_pb.js";
import type { Clock } from "../../../lib/clock.ts";
import { createDirectTransport } from "../../../lib/rpc/index.ts";
import { as, testInterceptors } from "../../../lib/rpc/testing/interceptors.ts";
import { type TestDatabase, testDatabase } from "../../../lib/testing/postgres.ts";
import { catalogSchema } from "../migrations/index.ts";
import { createCatalogService } from "../service.ts";

/** A catalog on a database of its own. */
export interface TestShop {
  readonly database: TestDatabase;
  /** With the server's interceptors; callers are told apart by call options. */
  readonly catalog: Client<typeof CatalogService>;
  /** Every statement sent so far. */
  readonly statements: string[];
  /** Moves the clock, which stands still otherwise. */
  advance(ms: number): void;
  /** Creates a product, as staff. */
  create(product: MessageInitShape<typeof ProductSchema>): Promise<Product>;
  [Symbol.asyncDispose](): Promise<void>;
}

export async function openTestShop(): Promise<TestShop> {
  const statements: string[] = [];
  const database = await testDatabase(catalogSchema, { onStatement: (text) => statements.push(text) });
  let now = Date.parse("2026-01-31T12:00:00Z");
  const clock: Clock = () => new Date(now);
  const { services } = createCatalogService({ db: database.db, clock });
  const catalog = createClient(
    CatalogService,
    createDirectTransport({ services, interceptors: testInterceptors }),
  );
  return {
    database,
    catalog,
    statements,
    advance(ms) {
      now += ms;
    },
    create: (product) => catalog.createProduct({ product }, as.staff),
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  };
}

/** A variant at a price in US cents. */
export function variant(
  sku: string,
  cents = 1000n,
  more: Omit<MessageInitShape<typeof VariantSchema>, "$typeName"> = {},
): Omit<MessageInitShape<typeof VariantSchema>, "$typeName"> {
  return { sku, prices: [{ currencyCode: "USD", amount: cents }], ...more };
}

/** A product with one variant. */
export function mug(sku: string, cents?: bigint): Omit<MessageInitShape<typeof ProductSchema>, "$typeName"> {
  return { title: `Mug ${sku}`, variants: [variant(sku, cents)] };
}
