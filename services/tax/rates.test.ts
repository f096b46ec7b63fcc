import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { TaxRate } from "../../gen/rowlock/tax/v1/tax_pb.js";
import { as } from "../../lib/rpc/testing/interceptors.ts";
import { expectReason, failureInfo, refusedFields, tally } from "../../lib/testing/failures.ts";
import type { RateContent } from "./rate.ts";
import { openTestTaxes, type TestTaxes } from "./testing/shop.ts";

let shop: TestTaxes;
let count = 0;
beforeAll(async () => {
  shop = await openTestTaxes();
});
afterAll(() => shop?.[Symbol.asyncDispose]());

const get = (taxRateId: string) => shop.client.getTaxRate({ taxRateId }, as.staff);
/** A rate of a name that no other has. */
const make = (rate: Partial<RateContent> = {}) => {
  count += 1;
  return shop.makeOne({ name: `T${count}`, ...rate });
};
const full: RateContent = {
  name: "NY sales tax",
  countryCode: "US",
  region: " New York ",
  taxCategory: "books",
  rateMillionths: 1_000_000,
  included: true,
};

test("a rate is returned as it was made, every field of it", async () => {
  const asked = { ...full, id: "mine", etag: "x" };
  const made = await shop.makeOne(asked);
  expect(made).toMatchObject(full);
  expect(made.id).toMatch(/^tax_\w{26}$/);
  expect(made.etag).not.toBe("x");
  expect(made.createTime).toEqual(timestampFromDate(shop.clock()));
  expect(made.updateTime).toEqual(made.createTime);
  expect(await get(made.id)).toEqual(made);
});

test.each<[string, Partial<RateContent>, string[]]>([
  ["no name", { name: "" }, ["tax_rate.name"]],
  ["a long name", { name: "x".repeat(101) }, ["tax_rate.name"]],
  ["no country", { countryCode: "" }, ["tax_rate.country_code"]],
  ["a country in small letters", { countryCode: "de" }, ["tax_rate.country_code"]],
  ["a category with blanks", { taxCategory: "fine food" }, ["tax_rate.tax_category"]],
  ["more than all of the price", { rateMillionths: 1_000_001 }, ["tax_rate.rate_millionths"]],
  ["less than nothing", { rateMillionths: -1 }, ["tax_rate.rate_millionths"]],
])("a rate is refused with %s", async (_, rate, fields) => {
  expect(await refusedFields(make(rate))).toEqual(["INVALID_ARGUMENT", fields]);
});

describe("of one name there is one rate for a place and a category", () => {
  const place = { name: "One", countryCode: "CA", region: "Québec", taxCategory: "food" };
  beforeAll(async () => {
    await shop.makeOne(place);
  });

  test.each<[string, Partial<RateContent>]>([
    ["the same again", {}],
    ["at another rate", { rateMillionths: 5, included: true }],
    ["the region in other letters", { region: " QUÉBEC" }],
  ])("not %s", async (_, more) => {
    const { region = "Québec" } = more;
    expect(await failureInfo(shop.makeOne({ ...place, ...more }))).toEqual({
      reason: "TAX_RATE_EXISTS",
      metadata: { name: "One", country_code: "CA", region, tax_category: "food" },
    });
  });

  test.each<[string, Partial<RateContent>]>([
    ["another name", { name: "one" }],
    ["another country", { countryCode: "FR" }],
    ["the whole country", { region: "" }],
    ["all goods", { taxCategory: "" }],
  ])("but for %s", async (_, more) => {
    expect(await shop.makeOne({ ...place, ...more })).toMatchObject(more);
  });

  test("an update does not make a second one", async () => {
    const { id } = await make({ ...place, name: "Two" });
    await expectReason(shop.update(id, { name: "One" }, ["name"]), "TAX_RATE_EXISTS", {
      name: "One",
      country_code: "CA",
      region: "Québec",
      tax_category: "food",
    });
    expect((await get(id)).name).toBe("Two");
  });
});

test.each<[string, keyof TaxRate, unknown]>([
  ["name", "name", "Changed"],
  ["country_code", "countryCode", "FR"],
  ["region", "region", "Corse"],
  ["tax_category", "taxCategory", "food"],
  ["rate_millionths", "rateMillionths", 5],
  ["included", "included", false],
])("an update changes %s alone, of a request that has everything", async (path, name, value) => {
  const made = await make({ ...full, name: `Before ${path}` });
  shop.advance(1_000);
  const everything = {
    ...{ name: "Changed", countryCode: "FR", region: "Corse", taxCategory: "food" },
    ...{ rateMillionths: 5, included: false },
  };
  const changed = await shop.update(made.id, everything, [path]);
  const { etag, updateTime } = changed;
  expect(etag).not.toBe(made.etag);
  expect(updateTime).toEqual(timestampFromDate(shop.clock()));
  expect(changed).toEqual({ ...made, [name]: value, etag, updateTime });
  expect(await get(made.id)).toEqual(changed);
});

test.each<[string, string[], [string, string[]]]>([
  ["an unknown path", ["rate"], ["UPDATE_MASK_INVALID", ["update_mask"]]],
  ["an output-only path", ["name", "create_time"], ["UPDATE_MASK_INVALID", ["update_mask"]]],
  ["nothing", [], ["UPDATE_MASK_INVALID", ["update_mask"]]],
  ["the etag alone", ["etag"], ["UPDATE_MASK_INVALID", ["update_mask"]]],
  [
    "what is not valid",
    ["name", "rate_millionths", "included"],
    ["INVALID_ARGUMENT", ["tax_rate.name", "tax_rate.rate_millionths"]],
  ],
])("an update is refused that names %s", async (_, paths, want) => {
  const made = await make();
  const content = { name: "", countryCode: "france", rateMillionths: -1 };
  expect(await refusedFields(shop.update(made.id, content, paths))).toEqual(want);
  expect(await get(made.id)).toEqual(made);
});

test("an etag makes an update fail when somebody else was quicker", async () => {
  const made = await make();
  const second = await shop.update(made.id, { rateMillionths: 2, etag: made.etag }, [
    "rate_millionths",
    "etag",
  ]);
  const late = shop.update(made.id, { rateMillionths: 3, etag: made.etag }, ["rate_millionths"]);
  await expectReason(late, "ETAG_MISMATCH", { tax_rate_id: made.id, etag: second.etag });
  expect(await get(made.id)).toEqual(second);
});

test("a rate that is deleted is gone, once and for good", async () => {
  const { id: taxRateId, name } = await make();
  const metadata = { tax_rate_id: taxRateId };
  for (let i = 0; i < 2; i++) {
    await shop.client.deleteTaxRate({ taxRateId }, as.staff);
    await expectReason(get(taxRateId), "TAX_RATE_NOT_FOUND", metadata);
    await expectReason(shop.update(taxRateId, { name: "T" }, ["name"]), "TAX_RATE_NOT_FOUND", metadata);
  }
  expect((await shop.makeOne({ name })).id).not.toBe(taxRateId);
});

test("an update without an id names the field", async () => {
  expect(await refusedFields(shop.update("", { name: "T" }, ["name"]))).toEqual([
    "INVALID_ARGUMENT",
    ["tax_rate.id"],
  ]);
});

describe("the list", () => {
  const inOrder = ["VAT AT 20", "VAT DE 7 books", "VAT DE 19", "City US 1", "City US/NY 4", "State US/ny 4"];
  const shownOf = ({ name, countryCode, region, taxCategory }: TaxRate) =>
    [countryCode, region, name, taxCategory].join(" ");

  test("has each rate once, by country, region, name and category", async () => {
    await using other = await openTestTaxes();
    const made = await other.make(inOrder.toReversed().join(", "));
    const list = async (countryCode: string) => {
      const listed: TaxRate[] = [];
      let pageToken = "";
      do {
        const page = await other.client.listTaxRates({ pageSize: 2, pageToken, countryCode }, as.staff);
        listed.push(...page.taxRates);
        pageToken = page.nextPageToken;
      } while (pageToken !== "");
      return listed;
    };
    const all = await list("");
    expect(all.map(shownOf)).toEqual([
      "AT  VAT ",
      "DE  VAT ",
      "DE  VAT books",
      "US  City ",
      "US NY City ",
      "US ny State ",
    ]);
    expect(new Set(all)).toEqual(new Set(made));
    expect(await list("US")).toEqual(all.slice(3));
    expect(await list("FR")).toEqual([]);
  });

  test("refuses a token of another list", async () => {
    await make();
    await make();
    const { nextPageToken: pageToken } = await shop.client.listTaxRates({ pageSize: 1 }, as.staff);
    expect(pageToken).not.toBe("");
    for (const request of [{ pageToken: "x" }, { pageToken, countryCode: "DE" }]) {
      await expectReason(shop.client.listTaxRates(request, as.staff), "PAGE_TOKEN_INVALID", {});
    }
  });
});

describe("at once", () => {
  const many = (calls: number, call: (i: number) => Promise<unknown>) =>
    Promise.allSettled(Array.from({ length: calls }, (_, i) => call(i))).then(tally);

  test("of many who make the same rate one does", async () => {
    const outcome = await many(20, (i) => shop.makeOne({ name: "Race", rateMillionths: i }));
    expect(outcome).toEqual({ ok: 1, TAX_RATE_EXISTS: 19 });
  });

  test("of many updates with one etag one is made", async () => {
    const { id, etag } = await make();
    const outcome = await many(16, (i) => shop.update(id, { rateMillionths: i, etag }, ["rate_millionths"]));
    expect(outcome).toEqual({ ok: 1, ETAG_MISMATCH: 15 });
  });

  test("of many rates that are to have one name one gets it", async () => {
    const made = await Promise.all(Array.from({ length: 8 }, () => make()));
    const outcome = await many(8, (i) => shop.update(made[i]?.id ?? "", { name: "Wanted" }, ["name"]));
    expect(outcome).toEqual({ ok: 1, TAX_RATE_EXISTS: 7 });
  });

  test("two that take each other's names: no deadlock surfaces", async () => {
    const [a, b] = [await make(), await make()];
    const outcome = await many(10, (i) =>
      shop.update((i % 2 ? a : b).id, { name: (i % 2 ? b : a).name }, ["name"]),
    );
    expect(Object.keys(outcome)).toEqual(["TAX_RATE_EXISTS"]);
  });
});
