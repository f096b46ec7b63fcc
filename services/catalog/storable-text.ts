import { type DescField, type DescMessage, type DescService, ScalarType } from "@bufbuild/protobuf";
import type { ServiceImpl } from "@connectrpc/connect";
import { invalidArgument } from "../../lib/errors/reasons.ts";
import type { FieldViolation } from "./product.ts";

/**
 * The handlers of a service of unary methods, each behind a look at the texts of its request:
 * Postgres stores neither a NUL nor, in JSON, half a surrogate pair, though both are valid strings
 * of JavaScript. INVALID_ARGUMENT names the fields; without this they would be internal errors.
 */
export function refuseUnstorableText<S extends DescService>(desc: S, impl: ServiceImpl<S>): ServiceImpl<S> {
  const handlers = impl as Record<string, (request: object, ...rest: unknown[]) => unknown>;
  const guarded = desc.methods.map(({ localName, input }) => [
    localName,
    async (request: object, ...rest: unknown[]) => {
      const violations: FieldViolation[] = [];
      collect(input, request as Record<string, unknown>, "", violations);
      if (violations.length > 0) throw invalidArgument(violations);
      return handlers[localName]?.(request, ...rest);
    },
  ]);
  return Object.fromEntries(guarded) as ServiceImpl<S>;
}

function collect(
  desc: DescMessage,
  message: Record<string, unknown>,
  path: string,
  found: FieldViolation[],
): void {
  for (const field of desc.fields) {
    const value = message[field.localName];
    if (value !== undefined) collectField(field, value, path + field.name, found);
  }
}

function collectField(field: DescField, value: unknown, path: string, found: FieldViolation[]): void {
  switch (field.fieldKind) {
    case "list":
      for (const [i, each] of (value as unknown[]).entries()) visit(field, each, `${path}[${i}]`, found);
      break;
    case "map":
      for (const [key, each] of Object.entries(value as object)) {
        const entry = `${path}[${JSON.stringify(key)}]`;
        if (!isStorable(key)) found.push({ field: entry, description: unstorable });
        visit(field, each, entry, found);
      }
      break;
    case "message":
    case "scalar":
      visit(field, value, path, found);
      break;
    case "enum":
      break;
    default:
      field satisfies never;
  }
}

function visit(field: DescField, value: unknown, path: string, found: FieldViolation[]): void {
  if (field.message !== undefined) {
    collect(field.message, value as Record<string, unknown>, `${path}.`, found);
  } else if (field.scalar === ScalarType.STRING && !isStorable(value as string)) {
    found.push({ field: path, description: unstorable });
  }
}

const unstorable = "must not hold a NUL character or half a surrogate pair";

function isStorable(text: string): boolean {
  return !text.includes("\0") && text.isWellFormed();
}
