import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Config, partNames, readConfig } from "../cmd/start/config.ts";
import { extractBlocks } from "../scripts/readme-commands.ts";
import { readTree } from "../scripts/source-files.ts";
import { brokenLinks, readLinks } from "./support/readme-links.ts";
import { readSteps, runSteps, showsOutput } from "./support/readme-session.ts";
import { type StartedShop, startAsReader } from "./support/readme-shop.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const readme = await readFile(`${root}/README.md`, "utf8");
const manifest = JSON.parse(await readFile(`${root}/package.json`, "utf8")) as {
  scripts: Record<string, string>;
};

const known = new Set<string>();
const defaults = readConfig({
  args: [],
  env: new Proxy(
    {},
    {
      get: (_, name) => {
        known.add(String(name));
        return undefined;
      },
    },
  ),
});

/** The output itself when the sample shows it, else the sample: what to compare the output with. */
const shownAs = (sample: string, output: string) => (showsOutput(sample, output) ? output : sample);

let shop: StartedShop;
beforeAll(async () => {
  shop = await startAsReader({ root, command: manifest.scripts["start"] ?? "", unset: known });
});
afterAll(() => shop?.[Symbol.asyncDispose]());

test("npm start prints what the README shows", () => {
  const blocks = extractBlocks(readme);
  const shown = blocks[blocks.findIndex(({ text }) => text === "npm ci\nnpm start\n") + 1];
  const printed = shop.banner
    .replaceAll(shop.dataDir, ".rowlock")
    .replaceAll(`:${shop.ports.http}`, ":8080")
    .replaceAll(`:${shop.ports.grpc}`, ":50051")
    .replaceAll(`:${shop.ports.sandbox}`, ":8090")
    .trimStart();
  const sample = shown?.text.trimStart() ?? "";
  expect(printed).toBe(shownAs(sample, printed));
  expect(sample).toContain("Rowlock is ready.");
});

test("the commands print what the README shows", { timeout: 150_000 }, async () => {
  const steps = readSteps(readme);
  const { outputs, status } = await runSteps({ steps, cwd: root, env: shop.env, timeoutMs: 120_000 });
  const last = steps[outputs.length - 1];
  expect(status, `README.md:${last?.commands.line}: the last of\n${outputs.at(-1)}`).toBe(0);
  for (const [i, { commands, prints }] of steps.entries()) {
    const output = outputs[i] ?? "";
    const sample = prints?.text ?? "";
    expect(output, `README.md:${commands.line}: what these commands print`).toBe(shownAs(sample, output));
  }
  expect(steps.length).toBeGreaterThan(5);
});

/** The rows of the table under "Configuration". */
const rows = [...readme.matchAll(/^\| (`[A-Z_<>]+`(?:, `[A-Z_<>]+`)*) \|(.*?)\|(.*)\|$/gm)].map(
  ([, names = "", value = "", meaning = ""]) => ({
    names: [...names.matchAll(/`(.+?)`/g)].flatMap(([, name = ""]) =>
      name.includes("<PART>") ? partNames.map((part) => name.replace("<PART>", part.toUpperCase())) : name,
    ),
    value: value.trim().replaceAll("`", ""),
    meaning: meaning.trim(),
  }),
);

test("the table has the variables that a process reads, and no other", () => {
  expect(rows.flatMap(({ names }) => names).sort()).toEqual([...known].sort());
});

/** The configuration with one value in all variables of a row. */
const configured = ({ names }: { names: string[] }, value: string | Record<string, string>) =>
  readConfig({
    args: [],
    env: typeof value === "string" ? Object.fromEntries(names.map((name) => [name, value])) : value,
  });

/** Values of the variables that a check wants in a form of their own, with what has to stand beside them. */
const acceptable: Record<string, string | Record<string, string>> = {
  DATABASE_URL: "postgres://rowlock@127.0.0.1:5432/rowlock",
  REDIS_URL: "redis://127.0.0.1:6379",
  STRIPE_WEBHOOK_SECRET: "whsec_something",
  STRIPE_SECRET_KEY: "sk_test_something",
  SHIPPO_API_KEY: "shippo_test_something",
  SENDGRID_API_KEY: "SG.something",
  TWILIO_ACCOUNT_SID: { TWILIO_ACCOUNT_SID: `AC${"0".repeat(32)}`, TWILIO_AUTH_TOKEN: "token" },
  ROWLOCK_ACCOUNT_PREFIXES: "BCA_VA=8808,BNI_VA=9881",
  ROWLOCK_STRIPE_TRANSFERS: "BANK_TRANSFER,SEPA",
  ROWLOCK_LEGACY_CURRENCY: "IDR",
  ROWLOCK_ORDER_URL: "https://shop.example/orders/{order_id}",
  ROWLOCK_ORIGIN_COUNTRY: "DE",
  ROWLOCK_STAFF_EMAILS: "ada@shop.example,grace@shop.example",
  ROWLOCK_TRUSTED_PROXIES: "10.0.0.0/8",
  ROWLOCK_OIDC_PROVIDERS: {
    ROWLOCK_OIDC_PROVIDERS: "acme",
    ROWLOCK_OIDC_ACME_ISSUER: "https://id.example.com",
    ROWLOCK_OIDC_ACME_CLIENT_ID: "shop",
    ROWLOCK_OIDC_ACME_CLIENT_SECRET: "secret",
  },
};

/** Whether nothing is configured: an empty text, or a list or record of nothing. */
const isUnset = (value: unknown): boolean =>
  value === "" ||
  value === undefined ||
  (typeof value === "object" && value !== null && Object.values(value).every(isUnset));

const named = (chosen: typeof rows) => chosen.map((row) => [row.names.join(" "), row] as const);

test.each(named(rows.filter(({ value }) => value !== "")))("%s: the default is the value shown", (_, row) => {
  expect(configured(row, row.value)).toEqual(defaults);
});

test.each(named(rows.filter(({ value }) => value === "")))("%s: there is no default", (_, row) => {
  // A value that its check accepts, so that the fields it sets can be told.
  const config = configured(row, acceptable[row.names[0] ?? ""] ?? `AC${"x".repeat(40)}`);
  const changed = (Object.keys(config) as (keyof Config)[]).filter(
    (key) => JSON.stringify(config[key]) !== JSON.stringify(defaults[key]),
  );
  expect(changed).not.toEqual([]);
  expect(changed.filter((key) => !isUnset(defaults[key]))).toEqual([]);
});

test("every row says what it means", () => {
  expect(rows.filter(({ meaning }) => meaning === "")).toEqual([]);
});

const files = await readTree(root);
const documents = files.filter(({ path }) => path.endsWith(".md") && !path.startsWith("third_party/"));

test("every npm script that a document names exists", () => {
  const mentioned = documents.flatMap(({ path, text }) =>
    [...text.matchAll(/\bnpm (?:run ([a-z][a-z:-]*)|(start|test)\b)/g)].map(([, run, short]) => ({
      path,
      script: run ?? short ?? "",
    })),
  );
  expect(mentioned.map(({ script }) => script)).toContain("bench");
  expect(mentioned.filter(({ script }) => manifest.scripts[script] === undefined)).toEqual([]);
});

test("every link within the repository leads somewhere", () => {
  const links = readLinks(documents);
  expect(links.map(({ target }) => target)).toContain("CONTRIBUTING.md");
  expect(brokenLinks({ links, files })).toEqual([]);
});
