import { expect, test } from "vitest";
import { joinSql, json, sql } from "./sql.ts";

test("values become parameters in order, and never text", () => {
  const evil = "'; drop table product; --";
  const statement = sql`select a from b where c = ${evil} and d = ${2n} or e is ${null}`;
  expect(statement.text).toBe("select a from b where c = $1 and d = $2 or e is $3");
  expect(statement.values).toEqual([evil, 2n, null]);
});

test("a template is compiled once, other texts have other names", () => {
  const at = (id: number) => sql`select ${id}`;
  expect(at(1).text).toBe(at(2).text);
  expect(at(1).name).toBe(at(2).name);
  expect(at(1).name).not.toBe(sql`select ${1}, 2`.name);
  expect(at(1).name?.length).toBeLessThan(64); // Postgres cuts identifiers at 63 bytes
});

test("the same text in two places is the same prepared statement", () => {
  expect(sql`select ${1}::int`.name).toBe(sql`select ${2}::int`.name);
});

test("fragments nest, with their parameters renumbered", () => {
  const where = sql`price > ${10} and price < ${20}`;
  const statement = sql`select ${"a"} from b where ${where} and (${sql`x = ${30}`}) limit ${5}`;
  expect(statement.text).toBe("select $1 from b where price > $2 and price < $3 and (x = $4) limit $5");
  expect(statement.values).toEqual(["a", 10, 20, 30, 5]);
  expect(sql`${where}`.text).toBe("price > $1 and price < $2");
});

test("parameters past nine are renumbered whole", () => {
  const many = joinSql(
    Array.from({ length: 12 }, (_, i) => sql`${i}`),
    sql`, `,
  );
  expect(sql`select ${"first"}, ${many}`.text).toBe(
    "select $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13",
  );
});

test.each([
  ["none", [], ""],
  ["one", [sql`a = ${1}`], "a = $1"],
  ["two", [sql`a = ${1}`, sql`b = ${2}`], "a = $1 and b = $2"],
])("joinSql of %s", (_, fragments, text) => {
  expect(joinSql(fragments, sql` and `).text).toBe(text);
});

test("a composed text keeps its name; ever new texts are not prepared without end", () => {
  const composed = (column: typeof first, value: number) => sql`select ${column} where ${value} > 0`;
  const first = sql`a`;
  expect(composed(first, 1).name).toBe(composed(sql`a`, 2).name);
  const names = Array.from(
    { length: 1500 },
    (_, i) => joinSql(Array<typeof first>(i + 2).fill(first), sql`, `).name,
  );
  expect(names[0]).toBeDefined();
  expect(names.at(-1)).toBeUndefined();
});

test.each([
  ["undefined", undefined, "undefined"],
  ["a plain object", { a: 1 }, "json(value)"],
])("%s is refused", (_, value, message) => {
  expect(() => sql`select ${value}`).toThrow(message);
  expect(() => sql`select ${value}`).toThrow(TypeError);
});

test("json and bytes are taken; an invalid Date is refused", () => {
  expect(() => sql`select ${json({ a: 1 })}, ${new Uint8Array(1)}, ${[1n]}`).not.toThrow();
  expect(() => sql`select ${new Date(Number.NaN)}`).toThrow(RangeError);
});
