import { describe, expect, test } from "vitest";
import { importViolations, resolveImport } from "./import-rules.ts";
import { readFacts } from "./source-facts.ts";

const packages = {
  dependencies: new Set(["pg", "@grpc/grpc-js"]),
  devDependencies: new Set(["vitest", "pdfkit"]),
};

/** Violations as `path:line message`, of a tree given as path → text. */
function check(tree: Record<string, string>): string[] {
  const files = Object.entries(tree).map(([path, text]) => readFacts({ path, text }));
  return importViolations({ files, packages }).map((v) => `${v.path}:${v.line ?? ""} ${v.message}`);
}

describe("who may import whom", () => {
  test.each<[from: string, specifier: string, allowed: boolean, why: string]>([
    ["services/order/service.ts", "../../lib/ids/ids.ts", true, "the runtime"],
    ["services/order/service.ts", "./store.ts", true, "its own folder"],
    ["services/order/rpc/x.ts", "../store.ts", true, "its own folder, from below"],
    ["services/order/rpc/x.ts", "../../../gen/rowlock/cart/v1/cart_pb.js", true, "another service's client"],
    ["services/order/service.ts", "../cart/store.ts", false, "another service's code"],
    ["services/order/service.ts", "../order-extra/a.ts", false, "a folder that only starts alike"],
    ["services/order/x.test.ts", "../cart/store.ts", false, "not in a test either: test/ is for that"],
    ["services/order/service.ts", "../../gateway/a.ts", false, "upwards"],
    ["services/order/service.ts", "../../cmd/start.ts", false, "upwards"],
    ["services/order/service.ts", "../../package.json", false, "out of its layer"],
    ["services/order/service.ts", "../../node_modules/pg/lib/index.js", false, "around package.json"],
    ["services/payment/service.ts", "../../sandbox/stripe/a.ts", false, "the stand-in"],
    ["services/payment/pay.test.ts", "../../sandbox/stripe/a.ts", true, "the stand-in in a test"],
    ["services/order/service.ts", "../../lib/testing/postgres.ts", false, "test code in production"],
    ["services/order/service.ts", "../../lib/rpc/x.test.ts", false, "a test in production"],
    ["services/order/x.test.ts", "../../lib/testing/postgres.ts", true, "test code in a test"],
    ["services/order/x.ts", "../../gen/rowlock/testing/v1/echo_pb.js", false, "the echo contract"],
    ["gateway/auth/a.ts", "../limits/b.ts", true, "all of the gateway is one"],
    ["gateway/a.ts", "../services/order/service.ts", false, "a service's code"],
    ["gateway/a.test.ts", "../gen/rowlock/testing/v1/echo_pb.js", true, "the echo contract in a test"],
    ["legacy/one/a.ts", "../two/a.ts", false, "another facade"],
    ["legacy/one/rpc/a.ts", "../../cart.ts", true, "what all facades share"],
    ["legacy/cart.ts", "./one/a.ts", false, "what they share knows none of them"],
    ["legacy/one/a.ts", "../../gen/rowlock/cart/v1/cart_pb.js", true, "any contract"],
    ["sandbox/a.ts", "../lib/clock.ts", true, "the runtime"],
    ["sandbox/a.ts", "../gen/google/rpc/code_pb.js", false, "a stand-in speaks HTTP"],
    ["sandbox/a.test.ts", "../gen/rowlock/testing/v1/echo_pb.js", false, "in its tests, too"],
    ["lib/a.ts", "../gen/google/rpc/error_details_pb.js", true, "google"],
    ["lib/a.ts", "../gen/buf/validate/validate_pb.js", true, "buf"],
    ["lib/a.ts", "../gen/rowlock/type/v1/money_pb.js", true, "shared types"],
    ["lib/a.ts", "../gen/rowlock/auth/v1/access_pb.js", true, "access"],
    ["lib/a.ts", "../gen/rowlock/order/v1/order_pb.js", false, "a service's contract"],
    ["lib/a.ts", "../gen/rowlock/testing/v1/echo_pb.js", false, "the echo contract outside tests"],
    ["lib/a.test.ts", "../gen/rowlock/testing/v1/echo_pb.js", true, "the echo contract in a test"],
    ["lib/rpc/testing/e.ts", "../../../gen/rowlock/testing/v1/echo_pb.js", true, "and in what tests share"],
    ["lib/a.test.ts", "../sandbox/a.ts", false, "the runtime knows no vendor"],
    ["lib/a.ts", "../services/order/service.ts", false, "upwards"],
    ["cmd/start.ts", "../services/order/service.ts", true, "composition"],
    ["test/journey.test.ts", "../services/order/store.ts", true, "crosses services"],
    ["bench/main.ts", "../lib/testing/postgres.ts", true, "measures anything"],
    ["scripts/check.ts", "../lib/clock.ts", true, "anything"],
    ["vitest.config.ts", "./lib/testing/setup.ts", true, "anything"],
    ["plugins/a.ts", "./b.ts", false, "a folder without rules"],
  ])("%s imports %s: %s", (from, specifier, allowed) => {
    expect(check({ [from]: `import "${specifier}";` })).toHaveLength(allowed ? 0 : 1);
  });

  test("holds for types, re-exports and dynamic imports alike, and names line, layer and target", () => {
    const text = [
      `import type { A } from "../cart/store.ts";`,
      `export { b } from "../cart/store.ts";`,
      `await import("../cart/store.ts");`,
    ].join("\n");
    expect(check({ "services/order/a.ts": text })).toEqual(
      [1, 2, 3].map(
        (line) =>
          `services/order/a.ts:${line} services/order must not import services/cart/store.ts` +
          " (may: lib/, gen/, services/order/ and packages)",
      ),
    );
  });

  test("what only tests may import is refused as such", () => {
    expect(check({ "lib/a.ts": `import "./testing/postgres.ts";` })).toEqual([
      "lib/a.ts:1 lib must not import lib/testing/postgres.ts (only tests may)",
    ]);
  });

  test("generated and vendored code is not judged", () => {
    expect(check({ "gen/rowlock/a_pb.js": `import "../../lib/a.ts";` })).toEqual([]);
  });
});

describe("the process, the console and SQL", () => {
  test.each<[path: string, text: string, allowed: boolean, why: string]>([
    ["lib/config.ts", "process.env.PORT;", false, "configuration is handed in"],
    ["lib/config.ts", `import { env } from "node:process";`, false, "the same by import"],
    ["gateway/a.ts", `import process from "process";`, false, "the old name"],
    ["cmd/start.ts", "process.exit(1);", true, "its job"],
    ["test/faults/kill.ts", "process.kill(1);", true, "kills processes"],
    ["vitest.config.ts", "process.env.CI;", true, "a tool's configuration"],
    ["lib/testing/postgres.ts", "process.env.PATH;", true, "only tests import it"],
    ["lib/a.test.ts", "process.pid;", true, "a test"],
    ["lib/rpc/worker.ts", "process.exit(1);", false, "a worker uses its port"],
    ["lib/a.ts", "console.log(1);", false, "logs go through pino"],
    ["lib/a.test.ts", "console.log(1);", false, "tests assert, they do not print"],
    ["cmd/a.ts", "console.log(1);", true, "speaks to a person"],
    ["services/order/pay.ts", "sql`select 1`;", false, "SQL outside the store"],
    ["services/order/rpc/x.ts", "tx.knex.raw('select 1');", false, "SQL in a handler"],
    ["services/order/restore.ts", "sql`select 1`;", false, "store only as a word"],
    ["services/order/store.ts", "sql`select 1`;", true, "the store"],
    ["services/order/store-events.ts", "sql`select 1`;", true, "a part of the store"],
    ["services/cart/postgres-store.ts", "sql`select 1`;", true, "one of two stores"],
    ["services/order/store/events.ts", "sql`select 1`;", true, "a store of several files"],
    ["services/order/migrations/0001-init.ts", "sql`select 1`;", true, "a migration"],
    ["services/order/pay.test.ts", "sql`select 1`;", true, "a test looks into its tables"],
    ["lib/jobs/jobs.ts", "sql`select 1`;", true, "the rule is for services"],
    ["services/order/a.ts", "await import(path);", false, "cannot be checked"],
    ["cmd/start.ts", "await import(path);", true, "may import anything"],
  ])("%s: %s: %s", (path, text, allowed) => {
    expect(check({ [path]: text })).toHaveLength(allowed ? 0 : 1);
  });
});

describe("packages", () => {
  test.each<[text: string, want: string[], why: string]>([
    [`import "pg"; import "pg/lib/x.js"; import "@grpc/grpc-js/y"; import "node:fs";`, [], "listed"],
    [`import "knex";`, ["lib/a.ts:1 knex is not listed in package.json"], "brought by another package"],
    [
      `import "@grpc/other/x";`,
      ["lib/a.ts:1 @grpc/other is not listed in package.json"],
      "the scope is no name",
    ],
    [`import "pdfkit";`, [], "a development dependency, not reached from cmd/"],
  ])("%s", (text, want) => {
    expect(check({ "lib/a.ts": text })).toEqual(want);
  });

  test("what cmd/ loads at start needs no development dependency", () => {
    const tree = (kind: string) => ({
      "cmd/start.ts": `import "../lib/a.ts";`,
      "lib/a.ts": `${kind}\nexport {};`,
    });
    const message = "lib/a.ts:1 pdfkit is a development dependency, and cmd/ loads this file at start";
    expect(check(tree(`import "pdfkit";`))).toEqual([message]);
    expect(check(tree(`import type { A } from "pdfkit";`))).toEqual([]);
    expect(check(tree(`await import("pdfkit");`))).toEqual([]);
  });

  test("what cmd/ loads on demand may need one", () => {
    const tree = { "cmd/start.ts": `await import("../sandbox/a.ts");`, "sandbox/a.ts": `import "pdfkit";` };
    expect(check(tree)).toEqual([]);
  });
});

describe("cycles", () => {
  test("are told with the way round", () => {
    const tree = {
      "lib/a.ts": `import "./b.ts";`,
      "lib/b.ts": `export * from "./c.ts";`,
      "lib/c.ts": `await import("./a.ts");`,
      "lib/d.ts": `import "./a.ts";`,
    };
    expect(check(tree)).toEqual(["lib/a.ts: imports itself: lib/a.ts → lib/b.ts → lib/c.ts → lib/a.ts"]);
  });

  test("are not closed by types", () => {
    const tree = { "lib/a.ts": `import "./b.ts";`, "lib/b.ts": `import type { A } from "./a.ts";` };
    expect(check(tree)).toEqual([]);
  });
});

test.each([
  { from: "lib/a/b.ts", specifier: "./c.ts", want: "lib/a/c.ts" },
  { from: "lib/a/b.ts", specifier: "../c.ts?raw", want: "lib/c.ts" },
  { from: "a.ts", specifier: "./b/../c.ts", want: "c.ts" },
  { from: "lib/a.ts", specifier: "pg", want: undefined },
  { from: "lib/a.ts", specifier: ".hidden", want: undefined },
])("$specifier from $from is $want", ({ from, specifier, want }) => {
  expect(resolveImport({ from, specifier })).toBe(want);
});
