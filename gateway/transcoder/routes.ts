import { create, type DescMethod, type DescService } from "@bufbuild/protobuf";
import { HttpSchema } from "../../gen/google/api/http_pb.js";
import type { TranscoderOptions } from "./options.ts";
import { Router } from "./router.ts";
import { answersStream, methodName, type Rule, RuleError, readRules, takesStream } from "./rules.ts";

/** One REST route, as documents and tools want to know it. */
export interface RouteDescription {
  /** Upper case; `*` means any. */
  readonly httpMethod: string;
  /** The path template as declared, e.g. `/v1/orders/{order_id}:cancel`. */
  readonly template: string;
  readonly verb: string;
  readonly method: DescMethod;
  /** Template variables by their dotted proto field path; `multi` ones may hold slashes. */
  readonly variables: readonly { readonly field: string; readonly multi: boolean }[];
  /** `""` (none), `"*"` (the whole request message) or the proto name of the field the body goes to. */
  readonly body: string;
  /** `""` (the whole response message) or the proto name of the field that is the response body. */
  readonly responseBody: string;
  /** The HTTP status of an answer. */
  readonly status: number;
  /** Whether the body may also be a form. */
  readonly forms: boolean;
  /** Whether the answer is a stream (server-sent events, NDJSON or a JSON array, by Accept). */
  readonly streaming: boolean;
  /** Whether the request is a stream: each line of an NDJSON body is a message (or bytes, for an HttpBody). */
  readonly clientStreaming: boolean;
}

/**
 * The REST routes of all methods that carry `google.api.http`, in the order of declaration, primary binding
 * before additional ones. Throws what `createTranscoder` would throw: RuleError on an option that cannot be
 * served, naming the method, or on two methods with the same route, naming both.
 */
export function describeRoutes(
  services: readonly DescService[],
  options: Pick<TranscoderOptions, "http"> = {},
): RouteDescription[] {
  const rules = readRules(services, create(HttpSchema, options.http).rules);
  buildRouter(rules, (rule) => ({ rule }));
  return rules.map((rule) => ({
    httpMethod: rule.httpMethod,
    template: rule.template.source,
    verb: rule.template.verb,
    method: rule.method,
    variables: rule.template.variables.map(({ fieldPath, multi }) => ({ field: fieldPath.join("."), multi })),
    body: rule.body === "none" ? "" : rule.body === "message" ? "*" : rule.body.name,
    responseBody: rule.responseBody === "message" ? "" : rule.responseBody.name,
    status: rule.status,
    forms: rule.forms,
    streaming: answersStream(rule.method),
    clientStreaming: takesStream(rule.method),
  }));
}

/** A router over the rules, each compiled once. Throws RuleError when two rules have the same route. */
export function buildRouter<T extends { readonly rule: Rule }>(
  rules: readonly Rule[],
  compile: (rule: Rule) => T,
): Router<T> {
  const router = new Router<T>();
  for (const rule of rules) {
    const taken = router.add(rule.httpMethod, rule.template, compile(rule));
    if (taken === undefined) continue;
    const other = taken.rule;
    throw new RuleError(
      rule.method,
      `${rule.httpMethod} ${rule.template.source} is the same route as ` +
        `${other.httpMethod} ${other.template.source} of ${methodName(other.method)}`,
    );
  }
  return router;
}
