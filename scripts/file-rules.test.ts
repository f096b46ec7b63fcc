import { describe, expect, test } from "vitest";
import { fileViolations } from "./file-rules.ts";
import { readFacts } from "./source-facts.ts";
import { isForeign } from "./source-files.ts";

/** Violations as `path:line message`, of a tree given as path → text. */
function check(tree: Record<string, string>): string[] {
  const files = Object.entries(tree).map(([path, text]) => ({ path, text }));
  const facts = files.filter(({ path }) => /\.(ts|mjs)$/.test(path) && !isForeign(path)).map(readFacts);
  return fileViolations({ files, facts }).map((v) => `${v.path}:${v.line ?? ""} ${v.message}`);
}

const lines = (count: number) => "//\n".repeat(count);

describe("length", () => {
  test.each<[path: string, text: string, allowed: boolean, why: string]>([
    ["lib/a.ts", lines(400), true, "the limit"],
    ["lib/a.ts", lines(401), false, "one more"],
    ["lib/a.ts", `${lines(400)}//`, false, "one more without a line end"],
    ["lib/a.test.ts", lines(401), false, "tests as well"],
    ["scripts/a.mjs", lines(401), false, "modules"],
    ["sandbox/inbox.html", lines(401), false, "pages"],
    ["sandbox/inbox.css", lines(401), false, "styles"],
    ["gen/a_pb.js", lines(401), true, "generated"],
    ["third_party/a.ts", lines(401), true, "vendored"],
    ["proto/rowlock/order/v1/order.proto", lines(401), true, "a contract is one file"],
    ["package-lock.json", lines(401), true, "data"],
  ])("%s", (path, text, allowed) => {
    expect(check({ [path]: text })).toHaveLength(allowed ? 0 : 1);
  });
});

describe("names", () => {
  test.each<[path: string, violations: number, why: string]>([
    ["lib/rate-limit/token-bucket.test.ts", 0, "kebab-case"],
    ["lib/db/0001-init.ts", 0, "numbers"],
    [".oxlintrc.json", 0, "a leading dot"],
    ["vitest.config.ts", 0, "a dot inside"],
    ["README.md", 0, "prose may shout"],
    ["deploy/Dockerfile", 0, "as its tool wants it"],
    ["gen/rowlock/order/v1/order_pb.js", 0, "generated"],
    ["proto/rowlock/order/v1/order_item.proto", 0, "buf judges contracts"],
    ["lib/rateLimit.ts", 1, "camelCase"],
    ["lib/rate_limit.ts", 1, "snake_case"],
    ["lib/Rate.ts", 1, "a capital"],
    ["lib/rateLimit/bucket.ts", 1, "a folder"],
    ["lib/utils.ts", 1, "says nothing"],
    ["lib/test-helpers.ts", 1, "as a part"],
    ["lib/common/money.ts", 1, "as a folder"],
    ["lib/order-manager.ts", 1, "as a part"],
    ["lib/order.impl.ts", 1, "as a part"],
    ["lib/OrderManager.ts", 2, "both"],
    ["lib/implicit.ts", 0, "only whole words"],
  ])("%s: %i", (path, violations) => {
    expect(check({ [path]: "" })).toHaveLength(violations);
  });
});

describe("text", () => {
  // Taken apart, so that this file passes its own check.
  const todo = ["TO", "DO"].join("");
  const fixme = ["FIX", "ME"].join("");

  test.each<[path: string, text: string, want: string[], why: string]>([
    ["lib/a.ts", `a;\n// ${todo}: b`, [`lib/a.ts:2 ${todo}: finish it, or open an issue`], "with its line"],
    ["lib/a.ts", `/* ${fixme} */`, [`lib/a.ts:1 ${fixme}: finish it, or open an issue`], "the other word"],
    ["deploy/x.yaml", `# ${todo}`, [`deploy/x.yaml:1 ${todo}: finish it, or open an issue`], "anywhere"],
    ["lib/a.ts", `const ${todo}S = 1; const mas${todo} = 1;`, [], "only the whole word"],
    ["third_party/a.proto", `// ${todo}`, [], "vendored"],
    ["lib/a.ts", "export default 1;", ["lib/a.ts:1 export default: export it by name"], "a default export"],
    ["vitest.config.ts", "export default 1;", [], "as its tool wants it"],
    [
      "lib/a.test.ts",
      "test.only('x');",
      ["lib/a.test.ts:1 test.only: every test runs"],
      "the rest would not run",
    ],
    ["lib/a.ts", "test.only('x');", [], "no test file"],
  ])("%s %s", (path, text, want) => {
    expect(check({ [path]: text })).toEqual(want);
  });
});

describe("READMEs of services", () => {
  test.each<[why: string, tree: Record<string, string>, want: string[]]>([
    ["missing", { "services/order/a.ts": "" }, ["services/order/README.md: is missing"]],
    ["60 lines", { "services/order/README.md": lines(60) }, []],
    [
      "61 lines",
      { "services/order/README.md": lines(61) },
      ["services/order/README.md: has 61 lines, more than 60"],
    ],
    ["not asked elsewhere", { "lib/db/a.ts": "" }, []],
  ])("%s", (_why, tree, want) => {
    expect(check(tree)).toEqual(want);
  });
});

describe("handlers", () => {
  const contract = `
    service StockService {
      // rpc Commented(X) returns (X);
      /* rpc AlsoCommented(X) returns (X); */
      rpc GetStock(GetStockRequest) returns (Stock) {}
      rpc ListSKUs (ListSKUsRequest) returns (stream SKU);
    }`;
  const base = {
    "proto/rowlock/inventory/v1/stock.proto": contract,
    "services/inventory/README.md": "",
    "services/inventory/rpc/get-stock.ts": "export function getStock() {}",
    "services/inventory/rpc/list-skus.ts": "export const listSKUs = () => {};",
  };
  const without = (path: string) => Object.fromEntries(Object.entries(base).filter(([key]) => key !== path));

  test.each<[why: string, tree: Record<string, string>, want: string[]]>([
    ["one each", base, []],
    ["tests beside them", { ...base, "services/inventory/rpc/race.test.ts": "" }, []],
    ["contracts without a service yet", { "proto/rowlock/inventory/v1/stock.proto": contract }, []],
    ["another area's contract", { ...base, "proto/rowlock/cart/v1/cart.proto": "rpc GetCart(X)" }, []],
    [
      "one missing",
      without("services/inventory/rpc/get-stock.ts"),
      ["services/inventory/rpc/get-stock.ts: is missing: the contract has an RPC that nothing handles"],
    ],
    [
      "the wrong function",
      { ...base, "services/inventory/rpc/get-stock.ts": "export function handle() {}" },
      ["services/inventory/rpc/get-stock.ts: does not export getStock"],
    ],
    [
      "a file that is no RPC",
      { ...base, "services/inventory/rpc/visible-to.ts": "" },
      [
        "services/inventory/rpc/visible-to.ts: is not named for an RPC of this service: it belongs beside rpc/",
      ],
    ],
    [
      "two in one file",
      { ...base, "services/inventory/rpc/get-stock.ts": "export const getStock = 1, listSKUs = 2;" },
      ["services/inventory/rpc/get-stock.ts: exports listSKUs, which belongs in list-skus.ts"],
    ],
  ])("%s", (_why, tree, want) => {
    expect(check(tree)).toEqual(want);
  });
});
