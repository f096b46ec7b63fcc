import type { IncomingMessage } from "node:http";
import { expect, test } from "vitest";
import { legacyNames } from "./config.ts";
import { facadeHeaders, facades, hostedFacades } from "./legacy.ts";

const hosted = hostedFacades({ legacy: legacyNames, legacyOpen: false });
const headersOf = facadeHeaders(hosted);

function read(name: string, headers: Record<string, string>): Record<string, string> {
  const method = hosted.find(({ facade }) => facade.name === name)?.desc.methods[0];
  if (method === undefined) throw new Error(`no facade ${name}`);
  return headersOf({ headers } as unknown as IncomingMessage, method);
}

test("each name of the configuration is a facade's", () => {
  expect(facades.map(({ name }) => name)).toEqual(legacyNames);
});

const cookie = "rowlock.session_token=secret; micro_services_session=abc-1; other=1";

test.each<[string, string, Record<string, string>, Record<string, string>]>([
  ["its header", "micro-services", { "x-cart-id": "c1", authorization: "Bearer k" }, { "x-cart-id": "c1" }],
  ["its cookie, alone", "micro-services", { cookie }, { cookie: "micro_services_session=abc-1" }],
  ["no cookie that it cannot have made", "micro-services", { cookie: "micro_services_session=a%3Db" }, {}],
  ["nothing when nothing is there", "micro-services", {}, {}],
  ["neither, who asks for neither", "cart-orchestrator", { cookie, "x-cart-id": "c1" }, {}],
])("a facade is given %s (%s)", (_what, name, headers, want) => {
  expect(read(name, headers)).toEqual(want);
});

test("headers beyond a kilobyte are refused", () => {
  expect(() => read("micro-services", { "x-cart-id": "x".repeat(1_100) })).toThrow("1024");
});
