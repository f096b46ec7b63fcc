import type { JsonValue } from "@bufbuild/protobuf";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { apiDocument } from "../cmd/start/api-document.ts";
import type { JsonObject, Operation, Parameter } from "../gateway/openapi/index.ts";
import { type ContractCall, contractCalls, contractEnv } from "./support/contract-calls.ts";
import { documentSchemas } from "./support/document-schemas.ts";
import { reasonIn } from "./support/rest.ts";
import { openShop, type TestShop } from "./support/shop.ts";

const document = apiDocument();
const schemas = documentSchemas(JSON.parse(JSON.stringify(document)));

/** An operation and where it stands. */
interface Place {
  path: string;
  method: string;
  operation: Operation;
}

const places: Place[] = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
);
const byId = places.map((place) => [place.operation.operationId, place] as const);
const isPublic = ({ operation }: Place) => operation.security.some((each) => Object.keys(each).length === 0);
const contentOf = (holder: JsonObject | undefined) =>
  (holder?.["content"] ?? {}) as Record<string, JsonObject>;
/** The status of an answer: 200, unless the contract says otherwise. */
const successOf = ({ operation }: Place) =>
  Object.keys(operation.responses).find((status) => status.startsWith("2")) ?? "";
const isStream = ({ operation }: Place) => "text/event-stream" in contentOf(operation.responses["200"]);

let shop: TestShop;
beforeAll(async () => {
  shop = await openShop(contractEnv);
});
afterAll(() => shop?.[Symbol.asyncDispose]());

/** The parameters of one kind; those in components are headers. */
function parameters({ operation }: Place, kind: "path" | "query"): Parameter[] {
  return operation.parameters.filter((each): each is Parameter => "in" in each && each.in === kind);
}

/** The call with the document's examples wherever it gives nothing. */
function complete(
  place: Place,
  call: ContractCall,
): Required<Pick<ContractCall, "path" | "query">> & ContractCall {
  const examples = (kind: "path" | "query") =>
    Object.fromEntries(
      parameters(place, kind)
        .filter((each) => each.example !== undefined)
        .map((each) => [each.name, each.example as string]),
    );
  const json = contentOf(place.operation.requestBody)["application/json"];
  const body = call.body ?? json?.["example"];
  const path = { ...examples("path"), ...call.path };
  return {
    ...call,
    path,
    query: { ...examples("query"), ...call.query },
    ...(body !== undefined && { body }),
  };
}

async function send(
  place: Place,
  call: ReturnType<typeof complete>,
  accept = "application/json",
): Promise<Response> {
  const path = place.path.replace(/\{([^}]+)\}/g, (_, name: string) =>
    encodeURIComponent(String(call.path[name])),
  );
  const pairs = Object.entries(call.query).flatMap(([name, value]) =>
    [value].flat().map((each) => [name, each]),
  );
  const query = new URLSearchParams(pairs as [string, string][]);
  return await fetch(`${shop.httpUrl}${path}${query.size > 0 ? `?${String(query)}` : ""}`, {
    method: place.method.toUpperCase(),
    headers: {
      accept,
      ...(typeof call.body === "object" && { "content-type": "application/json" }),
      ...(call.token !== undefined && { "rowlock-token": call.token }),
      ...(call.token === undefined && call.anonymous !== true && { authorization: `Bearer ${shop.staff}` }),
      ...call.headers,
    },
    ...(call.body !== undefined && {
      body: typeof call.body === "string" ? call.body : JSON.stringify(call.body),
    }),
  });
}

/** What the document says against the request. */
function problemsOfRequest(place: Place, call: ReturnType<typeof complete>): string[] {
  const found: string[] = [];
  const at = ["paths", place.path, place.method];
  for (const [i, parameter] of place.operation.parameters.entries()) {
    if (!("in" in parameter)) continue;
    const { name, in: kind, required } = parameter;
    if (kind !== "path" && kind !== "query") continue;
    const value = call[kind][name];
    if (value === undefined && required === true) found.push(`${name} is missing`);
    if (value !== undefined)
      found.push(...schemas.problems([...at, "parameters", String(i), "schema"], value));
  }
  for (const kind of ["path", "query"] as const) {
    const known = parameters(place, kind).map(({ name }) => name);
    for (const name of Object.keys(call[kind])) if (!known.includes(name)) found.push(`${name} is unknown`);
  }
  if ("application/json" in contentOf(place.operation.requestBody)) {
    const content = [...at, "requestBody", "content", "application/json", "schema"];
    found.push(...schemas.problems(content, call.body ?? {}));
  } else if (call.body !== undefined && place.operation.requestBody === undefined)
    found.push("there is no body");
  return found;
}

/** What the document says against an answer: an undocumented status, another shape. */
function problemsOfAnswer(place: Place, status: number, mediaType: string, body: unknown): string[] {
  const response = place.operation.responses[String(status)];
  if (response === undefined) return [`status ${status} is not documented`];
  if (!(mediaType in contentOf(response))) return [`${status} is not documented as ${mediaType}`];
  const at = ["paths", place.path, place.method, "responses", String(status), "content", mediaType, "schema"];
  return schemas.problems(at, body);
}

/** The first message of a stream, which goes on without us. */
async function firstMessage(response: Response, mediaType: string): Promise<JsonValue> {
  let text = "";
  const decoder = new TextDecoder();
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk as Uint8Array, { stream: true });
    const message =
      mediaType === "text/event-stream" ? /^data: (.*)\n\n/m.exec(text)?.[1] : /^(.+)\n/.exec(text)?.[1];
    if (message !== undefined) return JSON.parse(message) as JsonValue;
  }
  throw new Error(`no message in ${JSON.stringify(text)}`);
}

test("the shop serves this document", async () => {
  const served = await shop.rest("GET", "/openapi.json");
  expect(served.body).toEqual(JSON.parse(JSON.stringify(document)));
});

test("every operation is called here, and no other", () => {
  expect(Object.keys(contractCalls).sort()).toEqual(byId.map(([id]) => id).sort());
});

describe("each operation answers as documented to a request as documented", () => {
  test.each(byId.filter(([, place]) => !isStream(place)))("%s", async (id, place) => {
    const call = complete(place, (await contractCalls[id]?.(shop)) ?? {});
    expect(problemsOfRequest(place, call)).toEqual([]);
    const response = await send(place, call);
    const success = successOf(place);
    const documented = place.operation.responses[success];
    const isJson = response.headers.get("content-type")?.startsWith("application/json") ?? false;
    const body: unknown = isJson ? await response.json() : await response.text();
    expect([response.status, body]).toEqual([Number(success), body]);
    const mediaType = "*/*" in contentOf(documented) ? "*/*" : "application/json";
    expect(problemsOfAnswer(place, response.status, mediaType, body)).toEqual([]);
    expect(response.headers.get("x-request-id")).toBeTruthy();
    const named = (documented?.["headers"] ?? {}) as JsonObject;
    expect(response.headers.has("etag")).toBe("ETag" in named);
  });

  const streams = byId.filter(([, place]) => isStream(place));
  test.each(
    streams.flatMap(([id, place]) =>
      ["text/event-stream", "application/x-ndjson"].map((mediaType) => [id, mediaType, place] as const),
    ),
  )("%s as %s", async (id, mediaType, place) => {
    const call = complete(place, (await contractCalls[id]?.(shop)) ?? {});
    expect(problemsOfRequest(place, call)).toEqual([]);
    const response = await send(place, call, mediaType);
    expect([response.status, response.headers.get("content-type")]).toEqual([200, mediaType]);
    const message = await firstMessage(response, mediaType);
    expect(problemsOfAnswer(place, 200, "application/x-ndjson", message)).toEqual([]);
  });

  test("there are streams", () => expect(streams.length).toBeGreaterThan(0));
});

/** The reasons that an operation documents for a status. */
function reasonsOf({ operation }: Place, status: number): string[] {
  const examples = contentOf(operation.responses[String(status)])["application/json"]?.["examples"];
  return Object.keys((examples ?? {}) as JsonObject);
}

/** What the document says against a refusal: its status, its form, its reason. */
async function problemsOfRefusal(place: Place, response: Response): Promise<string[]> {
  const body: unknown = await response.json();
  const { status, headers } = response;
  const problems = problemsOfAnswer(place, status, "application/json", body);
  const reason = reasonIn({ status, headers, body });
  if (reason !== undefined && reasonsOf(place, status).includes(reason)) return problems;
  return [...problems, `${status} ${JSON.stringify(body)} has no documented reason`];
}

describe("each operation refuses as documented", () => {
  test.each(byId.filter(([, place]) => !isPublic(place)))("%s to nobody", async (_, place) => {
    const response = await send(place, complete(place, { anonymous: true }));
    expect([response.status, await problemsOfRefusal(place, response)]).toEqual([401, []]);
  });

  const staffOnly = byId.filter(
    ([, { operation }]) => !operation.security.some((each) => "guestToken" in each),
  );
  test.each(staffOnly)("%s to a guest", async (_, place) => {
    const response = await send(place, complete(place, { token: "a-token-of-nothing-in-particular" }));
    expect([response.status, await problemsOfRefusal(place, response)]).toEqual([403, []]);
  });

  // Those that make what is named, or leave it away, or answer an empty list, are no refusals.
  const lenient = new Set([
    "Inventory_SetStock",
    "Inventory_ListLedger",
    "Notify_DeleteSuppression",
    "Shipping_DeleteFlatRate",
    "Tax_DeleteTaxRate",
    "Webhook_DeleteEndpoint",
    "Pycom_ViewCart",
  ]);
  const strict = byId.filter(([id, place]) => parameters(place, "path").length > 0 && !lenient.has(id));
  test.each(strict)("%s of what does not exist", async (_, place) => {
    const path = Object.fromEntries(parameters(place, "path").map(({ name }) => [name, "nothing"]));
    const response = await send(place, complete(place, { path }));
    expect(await problemsOfRefusal(place, response)).toEqual([]);
  });
});
