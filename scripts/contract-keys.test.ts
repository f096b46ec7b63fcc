import { cp, symlink } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { checkKeys } from "./contract-keys.ts";
import { type FixtureTree, fixtureTree } from "./fixture-tree.ts";

const repository = join(import.meta.dirname, "..");
const path = "proto/rowlock/sample/v1/sample.proto";

let tree: FixtureTree;
beforeAll(async () => {
  tree = await fixtureTree();
  for (const name of ["buf.yaml", "third_party", "proto/rowlock/auth", "proto/rowlock/testing"]) {
    await cp(join(repository, name), join(tree.root, name), { recursive: true });
  }
  await symlink(join(repository, "node_modules"), join(tree.root, "node_modules"));
});
afterAll(() => tree?.[Symbol.asyncDispose]());

const run = ({ root, env }: { root: string; env: NodeJS.ProcessEnv }) =>
  checkKeys({
    root,
    env: { ...env, PATH: [join(repository, "node_modules/.bin"), env.PATH].join(delimiter) },
  });

const contract = ({ name = "Change", fields = "", options = "" }) => `syntax = "proto3";
package rowlock.sample.v1;
import "rowlock/auth/v1/access.proto";
service SampleService {
  rpc ${name}(ChangeRequest) returns (ChangeRequest) { ${options} }
}
message ChangeRequest { ${fields} }
message Thing { string id = 1; }
`;
const by = (access: string) => `option (rowlock.auth.v1.access) = ACCESS_${access};`;
const request_id = "string thing_id = 1; string request_id = 2;";
const reading = "option idempotency_level = NO_SIDE_EFFECTS;";
const idempotent = "option idempotency_level = IDEMPOTENT;";

test.each<[string, Parameters<typeof contract>[0], string]>([
  [
    "staff change without a key",
    { options: by("STAFF"), fields: "string thing_id = 1;" },
    "Change: ChangeRequest must have a request_id",
  ],
  [
    "a change that calls itself idempotent",
    { options: by("CUSTOMER") + idempotent },
    "must have a request_id",
  ],
  ["anybody's change without a key", { options: by("PUBLIC") }, "must have a request_id"],
  [
    "a service's change of nothing in particular",
    { options: by("SERVICE"), fields: "bool all = 1; string a_id = 2;" },
    "must be its key",
  ],
  ["a service's empty request", { options: by("SERVICE") }, "must be its key"],
])("%s is refused", async (_, parts, output) => {
  await tree.write({ [path]: contract(parts) });
  const result = await run(tree);
  expect(result.output).toContain(`rowlock.sample.v1.SampleService/`);
  expect(result.output).toContain(output);
  expect(result.ok).toBe(false);
});

test.each<[string, Parameters<typeof contract>[0]]>([
  ["a change with a key", { options: by("STAFF"), fields: request_id }],
  ["a reading", { options: by("CUSTOMER") + reading }],
  ["a webhook", { name: "ReceiveStripeWebhook", options: by("PUBLIC") }],
  ["a reconciliation", { name: "Reconcile", options: by("STAFF"), fields: "bool dry_run = 1;" }],
  ["a service's change by id", { options: by("SERVICE"), fields: "string thing_id = 1;" }],
  ["a service's change by ids", { options: by("SERVICE"), fields: "repeated string thing_ids = 1;" }],
  ["a service's change of things with ids", { options: by("SERVICE"), fields: "repeated Thing things = 1;" }],
  ["an erasure", { name: "EraseThings", options: by("SERVICE"), fields: "string email = 1;" }],
  ["a service's change by key", { options: by("SERVICE"), fields: "string event_key = 1;" }],
])("%s is accepted", async (_, parts) => {
  await tree.write({ [path]: contract(parts) });
  expect(await run(tree)).toEqual({ ok: true, output: "" });
});

test("a contract that cannot be read is said to be so", async () => {
  await tree.write({ [path]: "nonsense" });
  expect(await run(tree)).toMatchObject({ ok: false, output: expect.stringContaining("sample.proto") });
});
