import { afterAll, beforeAll, expect, test } from "vitest";
import { encodePageToken } from "../../lib/paging/paging.ts";
import { as } from "../../lib/rpc/testing/interceptors.ts";
import { expectReason, failureInfo } from "../../lib/testing/failures.ts";
import { refusedFields } from "./testing/failures.ts";
import { openTestShop, type TestShop } from "./testing/shop.ts";

let shop: TestShop;
beforeAll(async () => {
  shop = await openTestShop();
});
afterAll(() => shop?.[Symbol.asyncDispose]());

const make = (id: string, title: string, parentId = "") =>
  shop.catalog.createCategory({ category: { id, title, parentId } }, as.staff);

test("a category is made once; the same again is answered the same, other content is refused", async () => {
  const home = await make("home", "Home");
  const kitchen = await make("kitchen", "Kitchen", "home");
  expect(kitchen).toMatchObject({ id: "kitchen", title: "Kitchen", parentId: "home" });
  expect(await make("home", "Home")).toEqual(home);
  expect(await make("kitchen", "Kitchen", "home")).toEqual(kitchen);
  for (const [title, parentId] of [
    ["Cuisine", "home"],
    ["Kitchen", ""],
    ["Kitchen", "nowhere"],
  ] as const) {
    await expectReason(make("kitchen", title, parentId), "CATEGORY_EXISTS", { category_id: "kitchen" });
  }
});

test.each([["nowhere"], ["itself"]])("a parent that does not exist (%s) is refused", async (parentId) => {
  expect(await failureInfo(make("itself", "Itself", parentId))).toEqual({
    reason: "CATEGORY_NOT_FOUND",
    metadata: { category_id: parentId },
  });
});

test.each([
  ["no id", "", "Title", "category.id"],
  ["an id in capitals", "Home", "Title", "category.id"],
  ["no title", "x", "", "category.title"],
])("%s is refused", async (_name, id, title, field) => {
  expect(await refusedFields(make(id, title))).toEqual([field]);
});

test("of many who make one category all get it, and of many who make it differently one does", async () => {
  const same = await Promise.all(Array.from({ length: 8 }, () => make("same", "Same")));
  expect(new Set(same.map(({ title }) => title))).toEqual(new Set(["Same"]));
  const different = await Promise.allSettled(Array.from({ length: 8 }, (_, i) => make("one", `One ${i}`)));
  expect(different.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
});

test("all are listed by id, in pages", async () => {
  const whole = (await shop.catalog.listCategories({})).categories.map(({ id }) => id);
  expect(whole).toEqual([...whole].sort());
  expect(whole).toContain("kitchen");
  const paged: string[] = [];
  let pageToken = "";
  do {
    const page = await shop.catalog.listCategories({ pageSize: 1, pageToken });
    paged.push(...page.categories.map(({ id }) => id));
    pageToken = page.nextPageToken;
  } while (pageToken !== "");
  expect(paged).toEqual(whole);
});

test.each([
  ["made up", "made-up"],
  ["forged with a NUL", encodePageToken({ cursor: ["\0"], filter: "categories" })],
  ["of another shape", encodePageToken({ cursor: [1], filter: "categories" })],
])("a token that is %s is refused", async (_name, pageToken) => {
  const { reason } = await failureInfo(shop.catalog.listCategories({ pageToken }));
  expect(reason).toBe("PAGE_TOKEN_INVALID");
});
