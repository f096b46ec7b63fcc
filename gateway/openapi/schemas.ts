import {
  type DescEnum,
  type DescField,
  type DescMessage,
  type DescOneof,
  type DescService,
  getOption,
  hasOption,
} from "@bufbuild/protobuf";
import { message as messageRules, oneof as oneofRules } from "../../gen/buf/validate/validate_pb.js";
import { omit_empty } from "../../gen/rowlock/rest/v1/rest_pb.js";
import { hasPresence } from "../transcoder/fields.ts";
import { type Comments, flow } from "./comments.ts";
import {
  excludedValues,
  isUnchecked,
  listConstraints,
  mustBeGiven,
  rulesInWords,
  rulesOf,
  valueConstraints,
} from "./constraints.ts";
import { isHttpBody, scalarSchema, wellKnownSchema } from "./json-types.ts";
import { typeNames } from "./names.ts";
import type { JsonObject, Schema } from "./types.ts";

/**
 * A message is not the same in all places: an answer always has its scalars and lists, a request may leave them
 * out but has rules to keep, and an update of some fields keeps them only for what it names.
 */
export type View = "answer" | "request" | "update";

/** The schemas of a document. Messages and enums become components on first use. */
export interface Schemas {
  message(desc: DescMessage, view: View): Schema;
  /** The value of a field, with its comment and rules. */
  field(field: DescField, view: View): Schema;
  /** A request message without what is bound elsewhere, by proto name. */
  body(desc: DescMessage, without: ReadonlySet<string>): Schema;
  /** Whether a request is refused when it leaves the field out. */
  isRequired(field: DescField): boolean;
  readonly components: Record<string, Schema>;
}

export function createSchemas({
  services,
  comments,
}: {
  services: readonly DescService[];
  comments: Comments;
}): Schemas {
  const nameOf = typeNames(services);
  const inputs = new Set(services.flatMap((service) => service.methods.map((method) => method.input)));
  const names = new Map<string, string>();
  const components: Record<string, Schema> = {};
  return { message, field, body, isRequired, components };

  /** Refers to a component, which is made when it is not there yet; it may refer to itself. */
  function refer(key: string, base: string, make: () => Schema): Schema {
    let name = names.get(key);
    if (name === undefined) {
      name = base;
      for (let i = 2; components[name] !== undefined; i++) name = `${base}${i}`;
      names.set(key, name);
      components[name] = {};
      components[name] = make();
    }
    return { $ref: `#/components/schemas/${name}` };
  }

  function message(desc: DescMessage, view: View): Schema {
    const known = wellKnownSchema(desc);
    if (known !== undefined) return known;
    if (isHttpBody(desc)) return { type: "string", contentEncoding: "base64" };
    if (view === "request" && inputs.has(desc)) return body(desc, new Set());
    const suffix = { answer: "", request: "Input", update: "Patch" }[view];
    return refer(`${desc.typeName}:${view}`, nameOf(desc) + suffix, () => object(desc, desc.fields, view));
  }

  function body(desc: DescMessage, without: ReadonlySet<string>): Schema {
    const fields = desc.fields.filter((field) => !without.has(field.name));
    const key = `${desc.typeName}:${fields.map((field) => field.name).join()}`;
    return refer(key, nameOf(desc), () => object(desc, fields, "request"));
  }

  function object(desc: DescMessage, fields: readonly DescField[], view: View): Schema {
    const rules =
      view === "request" && hasOption(desc, messageRules) ? getOption(desc, messageRules) : undefined;
    const always = fields.filter((field) =>
      view === "answer"
        ? !hasPresence(field) && !getOption(field, omit_empty)
        : view === "request" && isRequired(field),
    );
    const description = [flow(comments[desc.typeName] ?? ""), rulesInWords(rules?.cel ?? [])];
    const members = desc.oneofs.filter((oneof) => oneof.fields.every((each) => fields.includes(each)));
    const choices = view === "answer" ? [] : members.map(choice);
    return {
      type: "object",
      ...described(description),
      properties: Object.fromEntries(fields.map((each) => [each.jsonName, field(each, view)])),
      ...(always.length > 0 && { required: always.map((each) => each.jsonName) }),
      ...(choices.length === 1 ? choices[0] : choices.length > 1 && { allOf: choices }),
      // What a request has besides is refused by name.
      ...(view !== "answer" && { additionalProperties: false }),
    };
  }

  /** Exactly one of a required oneof, at most one of another. */
  function choice(oneof: DescOneof): Schema {
    const one: Schema[] = oneof.fields.map((each) => ({ required: [each.jsonName] }));
    const required = hasOption(oneof, oneofRules) && getOption(oneof, oneofRules).required;
    return { oneOf: required ? one : [...one, { not: { anyOf: one } }] };
  }

  function isRequired(field: DescField): boolean {
    return mustBeGiven(field, shape(field, "request"), hasPresence(field));
  }

  function field(field: DescField, view: View): Schema {
    const name = `${field.parent.typeName}.${field.name}`;
    const rules = view === "request" ? rulesOf(field) : undefined;
    const comment = flow(comments[name] ?? "");
    return {
      ...shape(field, view),
      ...described([comment, rulesInWords(rules?.cel ?? [])]),
      ...(comment.startsWith("Output only") &&
        !comment.startsWith("Output only, except") && { readOnly: true }),
    };
  }

  function shape(field: DescField, view: View): Schema {
    const rules = view === "request" ? rulesOf(field) : undefined;
    const inside = isUnchecked(field) && view === "request" ? "update" : view;
    if (field.fieldKind === "list") {
      const list = rules?.type.case === "repeated" ? rules.type.value : undefined;
      const items = { ...single(field, inside), ...valueConstraints(list?.items) };
      return { type: "array", items, ...listConstraints(list) };
    }
    if (field.fieldKind === "map") {
      const map = rules?.type.case === "map" ? rules.type.value : undefined;
      const keys = valueConstraints(map?.keys);
      return {
        type: "object",
        additionalProperties: { ...single(field, inside), ...valueConstraints(map?.values) },
        ...(Object.keys(keys).length > 0 && { propertyNames: keys }),
        ...(map !== undefined && map.minPairs > 0n && { minProperties: Number(map.minPairs) }),
        ...(map !== undefined && map.maxPairs > 0n && { maxProperties: Number(map.maxPairs) }),
      };
    }
    const excluded = excludedValues(rules);
    if (field.enum !== undefined && excluded.length > 0) return enumSchema(field.enum, excluded);
    return { ...single(field, inside), ...valueConstraints(rules) };
  }

  /** One value of the field, whether it is a list, a map or neither. */
  function single(field: DescField, view: View): Schema {
    if (field.message !== undefined) return message(field.message, view);
    if (field.enum === undefined) return scalarSchema(field.scalar);
    const { enum: desc } = field;
    if (desc.typeName === "google.protobuf.NullValue") return { type: "null" };
    return refer(desc.typeName, nameOf(desc), () => enumSchema(desc, []));
  }

  function enumSchema(desc: DescEnum, excluded: readonly number[]): Schema {
    const values = desc.values.filter((value) => !excluded.includes(value.number));
    const lines = values.map((value) => {
      const comment = comments[`${desc.typeName}.${value.name}`] ?? "";
      return `- \`${value.name}\`${comment === "" ? "" : `: ${flow(comment)}`}`;
    });
    const description = `${flow(comments[desc.typeName] ?? "")}\n\n${lines.join("\n")}`.trim();
    return { type: "string", enum: values.map((value) => value.name), description };
  }
}

function described(parts: readonly string[]): JsonObject {
  const description = parts.filter((part) => part !== "").join(" ");
  return description === "" ? {} : { description };
}
