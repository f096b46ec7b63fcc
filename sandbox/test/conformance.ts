import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import qs from "qs";
import { disputePaths } from "./dispute-paths.ts";

/** One request and its answer as they went over the wire. */
export interface Exchange {
  method: string;
  /** Path with query. */
  target: string;
  headers: Record<string, string | string[] | undefined>;
  body: string;
  status: number;
  answer: string;
}

/** The vendors' documents, kept beside the repository; undefined where a clone has none. */
export const PROVIDERS = [join(import.meta.dirname, "../../../shared/providers")].find(existsSync);

export type VendorName = "stripe" | "shippo" | "sendgrid" | "twilio";

export interface Checker {
  /** What in a request does not fit the document. */
  request(exchange: Exchange): string[];
  /** What in an answer does not fit the document. */
  response(exchange: Exchange): string[];
  /** What in a webhook's body does not fit the document; `name` is that of its entry under `webhooks`. */
  webhook(name: string, body: unknown): string[];
}

type Node = Record<string, unknown>;
interface Operation {
  parameters?: Node[];
  requestBody?: Node;
  responses: Record<string, Node>;
}

/**
 * Where the sandbox follows the vendor's real answers and not the document, which says less:
 * Shippo documents only 400, Twilio no errors at all; neither leaves out what every HTTP API has.
 */
const UNDOCUMENTED: Partial<Record<VendorName, readonly number[]>> = {
  shippo: [401, 404],
  twilio: [400, 401, 404],
};

/** Kinds of bank address that came to the API after the document of 2023; the SDK's types have them. */
const NEW_ADDRESS_TYPES = ["aba", "swift"];

/** Checks exchanges against a vendor's effective OpenAPI document. */
export function createChecker(vendor: VendorName, folder: string): Checker {
  const doc = JSON.parse(readFileSync(join(folder, `${vendor}.effective.json`), "utf8")) as Node;
  if (vendor === "stripe") Object.assign(doc["paths"] as Node, disputePaths);
  toJsonSchema(doc);
  if (vendor === "stripe") {
    const schemas = (doc["components"] as Node)["schemas"] as Record<string, Node>;
    const address = (schemas["funding_instructions_bank_transfer_financial_address"] ?? {})[
      "properties"
    ] as Record<string, Node>;
    ((address["type"] ?? {})["enum"] as string[]).push(...NEW_ADDRESS_TYPES);
    // A transfer in dollars has networks that the document does not know.
    delete (address["supported_networks"] as { items?: Node }).items?.["enum"];
  }
  const plain = newAjv(doc, false);
  const coercing = newAjv(doc, true);
  const compiled = new Map<string, ValidateFunction>();
  const paths = Object.keys(doc["paths"] as Node).sort((a, b) => holes(a) - holes(b));

  function validator(ajv: Ajv2020, pointer: string): ValidateFunction {
    const key = `${ajv === plain ? "plain" : "coercing"} ${pointer}`;
    let validate = compiled.get(key);
    if (!validate) {
      validate = ajv.compile({ $ref: `doc#${pointer}` });
      compiled.set(key, validate);
    }
    return validate;
  }

  function operationOf({
    method,
    target,
  }: Exchange): { pointer: string; operation: Operation; params: Node } | string {
    const path = target.split("?")[0] ?? "";
    for (const template of paths) {
      const names: string[] = [];
      const pattern = template
        .replaceAll(/[.*+?^$()|[\]\\]/g, "\\$&")
        .replaceAll(/\{(\w+)\}/g, (_, name: string) => {
          names.push(name);
          return "([^/]+)";
        });
      const match =
        new RegExp(`^${pattern}$`).exec(path) ?? new RegExp(`^${pattern.replace(/\/$/, "")}$`).exec(path);
      const item = (doc["paths"] as Record<string, Node>)[template];
      const operation = item?.[method.toLowerCase()];
      if (!match || !operation) continue;
      const params = Object.fromEntries(
        names.map((name, index) => [name, decodeURIComponent(match[index + 1] ?? "")]),
      );
      return {
        pointer: `/paths/${escapePointer(template)}/${method.toLowerCase()}`,
        operation: operation as Operation,
        params,
      };
    }
    return `${method} ${path} is not in the document`;
  }

  function resolve(pointer: string): { node: Node; pointer: string } {
    let at = pointer;
    for (;;) {
      const node = at
        .split("/")
        .slice(1)
        .reduce<unknown>((value, part) => (value as Node)?.[unescapePointer(part)], doc) as Node;
      const ref = node?.["$ref"];
      if (typeof ref !== "string") return { node, pointer: at };
      at = ref.slice(1);
    }
  }

  function run(validate: ValidateFunction, value: unknown, where: string): string[] {
    if (validate(value)) return [];
    return (validate.errors ?? [])
      .slice(0, 8)
      .map((err) => `${where}${err.instancePath} ${err.message} ${JSON.stringify(err.params)}`);
  }

  return {
    webhook: (name, body) =>
      run(
        validator(
          plain,
          `/webhooks/${escapePointer(name)}/post/requestBody/content/application~1json/schema`,
        ),
        body,
        name,
      ),
    request(exchange) {
      const found = operationOf(exchange);
      if (typeof found === "string") return [found];
      const problems: string[] = [];
      if (!exchange.headers["authorization"]) problems.push("no Authorization header");
      const query = parseForm(exchange.target.split("?")[1] ?? "");
      const known = new Map<string, string>();
      for (const index of (found.operation.parameters ?? []).keys()) {
        const { node, pointer } = resolve(`${found.pointer}/parameters/${index}`);
        const name = String(node["name"]);
        if (node["in"] === "query") known.set(name, pointer);
        const value =
          node["in"] === "path" ? found.params[name] : node["in"] === "query" ? query[name] : undefined;
        if (value === undefined) {
          if (node["required"] === true && node["in"] === "query") problems.push(`query ${name} is missing`);
          continue;
        }
        problems.push(
          ...run(validator(coercing, `${pointer}/schema`), { value }.value, `${String(node["in"])} ${name}`),
        );
      }
      for (const name of Object.keys(query)) if (!known.has(name)) problems.push(`query ${name} is unknown`);
      if (exchange.body === "" && !found.operation.requestBody) return problems;
      return [...problems, ...checkBody(exchange, found.pointer)];
    },
    response(exchange) {
      const found = operationOf(exchange);
      if (typeof found === "string") return [found];
      const { responses } = found.operation;
      const status = responses[exchange.status] ? String(exchange.status) : "default";
      if (!responses[status] || (status === "default" && exchange.status < 400)) {
        return UNDOCUMENTED[vendor]?.includes(exchange.status)
          ? []
          : [`status ${exchange.status} is not documented`];
      }
      const { node, pointer } = resolve(`${found.pointer}/responses/${status}`);
      if (!node["content"]) return exchange.answer === "" ? [] : ["a body where none is documented"];
      return run(
        validator(plain, `${pointer}/content/application~1json/schema`),
        JSON.parse(exchange.answer),
        `${exchange.status} `,
      );
    },
  };

  function checkBody(exchange: Exchange, operationPointer: string): string[] {
    const { node, pointer } = resolve(`${operationPointer}/requestBody`);
    const content = (node?.["content"] ?? {}) as Node;
    const type = String(exchange.headers["content-type"] ?? "").split(";")[0] ?? "";
    if (exchange.body === "" && node?.["required"] !== true) return [];
    if (!content[type]) return [`content type ${type} is not documented`];
    const form = type === "application/x-www-form-urlencoded";
    const value: unknown = form ? parseForm(exchange.body) : JSON.parse(exchange.body);
    return run(
      validator(form ? coercing : plain, `${pointer}/content/${escapePointer(type)}/schema`),
      value,
      "body",
    );
  }
}

function newAjv(doc: Node, coerce: boolean): Ajv2020 {
  const ajv = new Ajv2020({
    strict: false,
    allErrors: true,
    logger: false,
    ...(coerce && { coerceTypes: "array" as const }),
  });
  (addFormats as unknown as (ajv: Ajv2020) => void)(ajv);
  // Twilio's `uri` is a path; some formats of the documents are no JSON Schema formats.
  ajv.addFormat("uri", /^\S*$/);
  ajv.addSchema(doc, "doc");
  return ajv;
}

function parseForm(text: string): Node {
  return qs.parse(text, { depth: 20, arrayLimit: 1000, parameterLimit: 10_000 }) as Node;
}

/** Rewrites what OpenAPI 3.0 says otherwise than JSON Schema: nullable and boolean exclusive bounds. */
function toJsonSchema(node: unknown): void {
  if (typeof node !== "object" || node === null) return;
  if (Array.isArray(node)) {
    node.forEach(toJsonSchema);
    return;
  }
  const schema = node as Node;
  if (schema["exclusiveMinimum"] === true) {
    schema["exclusiveMinimum"] = schema["minimum"];
    delete schema["minimum"];
  }
  if (schema["nullable"] === true) {
    delete schema["nullable"];
    if (typeof schema["type"] === "string") {
      schema["type"] = [schema["type"], "null"];
      if (Array.isArray(schema["enum"])) schema["enum"] = [...schema["enum"], null];
    } else {
      const { $ref, anyOf, oneOf, allOf, ...rest } = schema;
      for (const name of Object.keys(schema)) delete schema[name];
      const inner = $ref ? { $ref } : anyOf ? { anyOf } : oneOf ? { oneOf } : { allOf };
      Object.assign(schema, rest, { anyOf: [inner, { type: "null" }] });
    }
  }
  Object.values(schema).forEach(toJsonSchema);
}

function holes(template: string): number {
  return (template.match(/\{/g) ?? []).length;
}

function escapePointer(text: string): string {
  return encodeURIComponent(text.replaceAll("~", "~0").replaceAll("/", "~1")).replaceAll("%2F", "/");
}

function unescapePointer(text: string): string {
  return decodeURIComponent(text).replaceAll("~1", "/").replaceAll("~0", "~");
}
