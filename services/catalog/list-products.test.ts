import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  ListProductsRequestSchema,
  ListProductsRequest_Sort as Sort,
} from "../../gen/rowlock/catalog/v1/catalog_pb.js";
import { encodePageToken } from "../../lib/paging/paging.ts";
import { as } from "../../lib/rpc/testing/interceptors.ts";
import { expectReason, failureInfo } from "../../lib/testing/failures.ts";
import { readFilter } from "./product-list.ts";
import { refusedFields } from "./testing/failures.ts";
import { openTestShop, type TestShop, variant } from "./testing/shop.ts";

type Request = Omit<MessageInitShape<typeof ListProductsRequestSchema>, "$typeName">;

let shop: TestShop;

const prices = (...amounts: [currency: string, amount: bigint][]) =>
  amounts.map(([currencyCode, amount]) => ({ currencyCode, amount }));

beforeAll(async () => {
  shop = await openTestShop();
  for (const [id, parentId] of [["home"], ["kitchen", "home"], ["mugs", "kitchen"], ["garden"]] as const) {
    await shop.catalog.createCategory({ category: { id, title: id, parentId: parentId ?? "" } }, as.staff);
  }
  await shop.create({
    title: "Running shoes",
    description: "Light, with a mesh.",
    tags: ["sport"],
    variants: [{ sku: "RUN-001", prices: prices(["USD", 5000n], ["EUR", 4000n]) }],
  });
  shop.advance(1000);
  await shop.create({
    title: "apple peeler",
    description: "Peels while you are running about.",
    categoryIds: ["kitchen"],
    options: [{ name: "N", values: ["1", "2"] }],
    variants: [
      { sku: "it", optionValues: { N: "1" }, prices: prices(["USD", 900n]) },
      { sku: "PEEL.2", optionValues: { N: "2" }, prices: prices(["USD", 7000n], ["EUR", 6000n]) },
    ],
  });
  shop.advance(1000);
  await shop.create({
    title: "Zebra mug",
    tags: ["sport", "run"],
    categoryIds: ["mugs", "garden"],
    variants: [variant("MUG-1", 900n)],
  });
  await shop.create({ title: "Äpfel, a book", categoryIds: ["home"], variants: [variant("BOOK", 100n)] });
  const gone = await shop.create({
    title: "Old running mug",
    categoryIds: ["mugs"],
    variants: [variant("OLD")],
  });
  await shop.catalog.archiveProduct({ productId: gone.id }, as.staff);
});
afterAll(() => shop?.[Symbol.asyncDispose]());

/** The SKUs of the first variants of a page. */
async function skus(request: Request): Promise<string[]> {
  const { products } = await shop.catalog.listProducts(request, request.archived ? as.staff : {});
  return products.map(({ variants }) => variants[0]?.sku ?? "");
}

test.each<[string, Request, string[]]>([
  ["nothing asked: the newest first, of equals that made last", {}, ["BOOK", "MUG-1", "it", "RUN-001"]],
  [
    "by title, as people sort: small letters among capitals, accents beside their letter",
    { sort: Sort.TITLE },
    ["BOOK", "it", "RUN-001", "MUG-1"],
  ],
  [
    "by the cheapest variant's price, each product once",
    { sort: Sort.PRICE_ASCENDING },
    ["BOOK", "it", "MUG-1", "RUN-001"],
  ],
  ["the same backwards", { sort: Sort.PRICE_DESCENDING }, ["RUN-001", "MUG-1", "it", "BOOK"]],
  [
    "by price in a currency that few have",
    { sort: Sort.PRICE_ASCENDING, currencyCode: "EUR" },
    ["RUN-001", "it"],
  ],
  ["a category", { categoryId: "mugs" }, ["MUG-1"]],
  ["a category with those below it", { categoryId: "home" }, ["BOOK", "MUG-1", "it"]],
  ["a category that does not exist", { categoryId: "nowhere" }, []],
  ["a tag", { tag: "sport" }, ["MUG-1", "RUN-001"]],
  ["a tag is no word", { tag: "spor" }, []],
  [
    "a word of a title before the same of a tag and of a description",
    { query: "runs" },
    ["RUN-001", "MUG-1", "it"],
  ],
  ["a search in another order", { query: "run", sort: Sort.NEWEST }, ["MUG-1", "it", "RUN-001"]],
  ["all words are meant", { query: "running mesh" }, ["RUN-001"]],
  ["without a word", { query: "running -mesh", sort: Sort.NEWEST }, ["MUG-1", "it"]],
  ["either word", { query: "peeler or zebra" }, ["it", "MUG-1"]],
  ["a phrase", { query: '"running shoes"' }, ["RUN-001"]],
  ["a phrase that is not there", { query: '"shoes running"' }, []],
  ["a SKU", { query: "RUN-001" }, ["RUN-001"]],
  ["a SKU in small letters", { query: "run-001" }, ["RUN-001"]],
  ["a SKU with a point", { query: "PEEL.2" }, ["it"]],
  ["a SKU that is a stop word", { query: "it" }, ["it"]],
  ["a SKU among words", { query: "zebra MUG-1" }, ["MUG-1"]],
  ["stop words alone", { query: "the of" }, []],
  ["signs alone", { query: "!!! & | ( '" }, []],
  ["blanks are no search", { query: "  " }, ["BOOK", "MUG-1", "it", "RUN-001"]],
  ["from a price", { minPrice: 900n }, ["MUG-1", "it", "RUN-001"]],
  ["up to a price", { maxPrice: 900n }, ["BOOK", "MUG-1", "it"]],
  ["one variant must lie between both bounds", { minPrice: 901n, maxPrice: 6999n }, ["RUN-001"]],
  ["in a currency", { maxPrice: 5000n, currencyCode: "EUR" }, ["RUN-001"]],
  ["the largest bound", { minPrice: 2n ** 63n - 1n }, []],
  [
    "all at once",
    { categoryId: "home", query: "mug", tag: "run", maxPrice: 900n, sort: Sort.PRICE_ASCENDING },
    ["MUG-1"],
  ],
  ["archived ones instead", { archived: true, query: "mug" }, ["OLD"]],
])("%s", async (_name, request, want) => {
  expect(await skus(request)).toEqual(want);
});

test("archived products are for staff", async () => {
  for (const caller of [{}, as.guest("t")]) {
    await expectReason(shop.catalog.listProducts({ archived: true }, caller), "STAFF_ONLY", {
      field: "archived",
    });
  }
  await expect(shop.catalog.listProducts({ archived: true }, as.guest("t"))).rejects.toMatchObject({
    code: Code.PermissionDenied,
  });
});

test.each<[string, Request, string]>([
  ["a negative page", { pageSize: -1 }, "page_size"],
  ["a negative price", { minPrice: -1n }, "min_price"],
  ["a search too long", { query: "x".repeat(201) }, "query"],
  ["a currency in small letters", { currencyCode: "usd" }, "currency_code"],
  ["an order that does not exist", { sort: 99 as Sort }, "sort"],
  ["bounds the wrong way round", { minPrice: 2n, maxPrice: 1n }, ""],
])("%s is refused", async (_name, request, field) => {
  expect(await refusedFields(shop.catalog.listProducts(request))).toEqual([field]);
});

describe("paging", () => {
  const requests: [string, Request][] = [
    ["newest", {}],
    ["title", { sort: Sort.TITLE }],
    ["price, ascending", { sort: Sort.PRICE_ASCENDING }],
    ["price, descending", { sort: Sort.PRICE_DESCENDING }],
    ["relevance", { query: "tie" }],
  ];
  beforeAll(async () => {
    // All equal in every sort key but the id.
    for (let i = 0; i < 7; i++)
      await shop.create({ title: "Tie", tags: ["tie"], variants: [variant(`TIE-${i}`)] });
  });

  test.each(requests)(
    "by %s, pages together are the whole, however large, with ties and new products",
    async (_name, filter) => {
      const request = { ...filter, tag: "tie" };
      const whole = await skus(request);
      expect(whole).toHaveLength(7);
      for (const pageSize of [1, 2, 3, 7]) {
        const paged: string[] = [];
        let pageToken = "";
        do {
          const page = await shop.catalog.listProducts({ ...request, pageSize, pageToken });
          expect(page.products.length).toBeLessThanOrEqual(pageSize);
          paged.push(...page.products.map(({ variants }) => variants[0]?.sku ?? ""));
          pageToken = page.nextPageToken;
        } while (pageToken !== "");
        expect(paged).toEqual(whole);
      }
    },
  );

  test("a page of 200 at most, and 50 when not said", async () => {
    await Promise.all(
      Array.from({ length: 201 }, (_, i) =>
        shop.create({ title: "Many", tags: ["many"], variants: [variant(`MANY-${i}`)] }),
      ),
    );
    expect(await skus({ tag: "many" })).toHaveLength(50);
    expect(await skus({ tag: "many", pageSize: 10_000 })).toHaveLength(200);
  });

  test("a token of other filters, and one made up, are refused", async () => {
    const { nextPageToken } = await shop.catalog.listProducts({ tag: "tie", pageSize: 1 });
    expect(nextPageToken).not.toBe("");
    for (const request of [
      { pageToken: nextPageToken, tag: "sport" },
      { pageToken: nextPageToken, tag: "tie", sort: Sort.TITLE },
      { pageToken: nextPageToken, tag: "tie", currencyCode: "EUR" },
      { pageToken: "made-up" },
    ]) {
      await expectReason(shop.catalog.listProducts(request), "PAGE_TOKEN_INVALID", {});
    }
  });

  test.each<[string, Request, (string | number)[]]>([
    ["a time beyond all times", {}, [8.64e15 + 1, "prod_1"]],
    ["a time beyond those that Postgres has", {}, [-8.64e15, "prod_1"]],
    ["a time with more than four digits to its year", {}, [8.64e15, "prod_1"]],
    ["a NUL in the id", {}, [0, "\0"]],
    ["a NUL in the title", { sort: Sort.TITLE }, ["\0", "prod_1"]],
    ["half a minor unit", { sort: Sort.PRICE_ASCENDING }, [0.5, "prod_1"]],
    ["a price beyond all numbers", { sort: Sort.PRICE_DESCENDING }, [1e300, "prod_1"]],
    ["a key of another kind", { sort: Sort.TITLE }, [1, "prod_1"]],
    ["no id", {}, [0]],
  ])("a forged token with %s is refused, not an internal error", async (_name, request, cursor) => {
    const filter = readFilter(create(ListProductsRequestSchema, request));
    const pageToken = encodePageToken({ cursor, filter });
    const { reason } = await failureInfo(shop.catalog.listProducts({ ...request, pageToken }));
    expect(reason).toBe("PAGE_TOKEN_INVALID");
  });

  test("a forged token with an extreme but possible key is just a place to go on from", async () => {
    const request = { query: "tie" };
    const filter = readFilter(create(ListProductsRequestSchema, request));
    const pageToken = encodePageToken({ cursor: [1e300, "x"], filter });
    expect((await shop.catalog.listProducts({ ...request, pageToken })).products).toHaveLength(7);
  });
});
