import { gzipSync } from "node:zlib";
import type { RouteDescription } from "../routes.ts";
import type { Random } from "./random.ts";
import { randomJson } from "./random-json.ts";
import { randomPath } from "./random-paths.ts";

export interface RandomRequest {
  method: string;
  path: string;
  /** Without `?`; undefined for none. */
  query: string | undefined;
  headers: Record<string, string>;
  body: Buffer | undefined;
}

const methods = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "PURGE"];

/** A request that more often than not gets past the router, and often to the service. */
export function randomRequest(random: Random, routes: readonly RouteDescription[]): RandomRequest {
  const route = random.pick(routes);
  const natural = route.httpMethod === "*" ? "GET" : route.httpMethod;
  const request: RandomRequest = {
    method: random.onceIn(6) ? random.pick(methods) : natural,
    path: randomPath(random, route.template, pathTexts),
    query: random.onceIn(2) ? undefined : randomQuery(random, route),
    headers: {},
    body: undefined,
  };
  for (const [name, values] of random.some(4, () => random.pick(headers)))
    request.headers[name] = random.pick(values);
  if (route.body === "" ? random.onceIn(20) : !random.onceIn(20)) giveBody(random, request, route);
  return request;
}

const pathTexts = [
  "a",
  "b1",
  "1",
  "9007199254740993",
  "STATUS_LENT",
  "1970-01-01T00:00:00Z",
  "image%2Fpng",
  "%E2%82%AC",
];

const headers: readonly (readonly [string, readonly string[]])[] = [
  [
    "content-type",
    ["application/json", "application/x-ndjson", "text/plain", "application/json; charset=x", ""],
  ],
  [
    "accept",
    ["*/*", "text/event-stream", "application/json", "application/x-ndjson", ";;q=,", "image/png", "*/*;q=0"],
  ],
  ["accept-encoding", ["gzip", "br", "gzip;q=0", "*;q=0", "identity;q=0", "deflate, x-gzip;q=0.5", ",;q="]],
  ["content-encoding", ["gzip", "br", "identity", "deflate", ""]],
  ["idempotency-key", ["k", '"k"', '""', "é"]],
  ["if-match", ["*", '"e"', 'W/"', '"a", "b"', '"v1"']],
  ["if-none-match", ["*", '"v1"', ",", 'W/"v1", "x"']],
  ["last-event-id", ["1", "-1", "x", "", "\xff"]],
  ["request-timeout", ["1", "0", "x", "1e9"]],
  ["grpc-timeout", ["1S", "0n", "99999999H", "1"]],
  ["te", ["trailers", "gzip"]],
  ["x-request-id", ["r", "é", ""]],
  ["x-trace-bin", ["AQI=", "*", "AQI,AQI"]],
  ["authorization", ["Bearer x", "é", "x".repeat(9000)]],
];

const queryTexts = [
  "1",
  "x",
  "",
  "a+b",
  "%2F",
  "%zz",
  "%ff",
  "STATUS_LENT",
  "true",
  "1s",
  "1970-01-01T00:00:00Z",
  "AQI",
  "a,b",
];

function randomQuery(random: Random, { method }: RouteDescription): string {
  const pairs = random.some(5, () => {
    let desc = method.input;
    let name = "";
    for (;;) {
      const field = random.pick(desc.fields);
      if (field === undefined) break;
      name += (name === "" ? "" : ".") + (random.onceIn(2) ? field.name : field.jsonName);
      if (field.fieldKind === "map") name += random.pick(["[k]", ".k", "[1]", "", "[", "[true]"]);
      if (field.fieldKind !== "message" || random.onceIn(3)) break;
      desc = field.message;
    }
    if (random.onceIn(20)) name += random.pick([".", "x", "[]", "%zz", ".__proto__", "%5B"]);
    return random.onceIn(20) ? name : `${name}=${random.pick(queryTexts)}`;
  });
  return pairs.join("&");
}

function giveBody(
  random: Random,
  request: RandomRequest,
  { method, body, clientStreaming }: RouteDescription,
): void {
  const field = method.input.fields.find(({ name }) => name === body);
  const one = (): string => {
    if (field === undefined) return randomJson(random, method.input);
    const whole = field.message === undefined ? "" : randomJson(random, field.message);
    return field.fieldKind === "message" ? whole : random.pick(['["x","y"]', "[]", '"x"', "[1]", "null"]);
  };
  let text = clientStreaming ? random.some(4, one).join(random.pick(["\n", "\r\n", "\n\n"])) : one();
  if (random.onceIn(30)) text = text.slice(0, random.below(text.length + 1));
  let bytes: Buffer = Buffer.from(text);
  if (random.onceIn(60)) bytes = Buffer.concat([bytes, Buffer.from([0xff, random.below(256)])]);
  if (random.onceIn(50)) {
    bytes = gzipSync(bytes);
    request.headers["content-encoding"] = "gzip";
    if (random.onceIn(4)) bytes = bytes.subarray(0, random.below(bytes.length));
  }
  request.body = bytes;
  request.headers["content-type"] ??= clientStreaming ? "application/x-ndjson" : "application/json";
}
