import { create, type DescMessage, type MessageShape } from "@bufbuild/protobuf";
import { pathToString } from "@bufbuild/protobuf/reflect";
import type { FieldMask } from "@bufbuild/protobuf/wkt";
import type { Validator } from "@bufbuild/protovalidate";
import type { ConnectError } from "@connectrpc/connect";
import { BadRequestSchema } from "../gen/google/rpc/error_details_pb.js";
import { type Detail, invalidArgument } from "./errors/reasons.ts";

type FieldName<Desc extends DescMessage> = string & keyof MessageShape<Desc>;

/** A request to update a resource, and what of it may be updated. */
export interface Update<Desc extends DescMessage, Name extends FieldName<Desc>> {
  schema: Desc;
  resource: MessageShape<Desc>;
  /** The request's field that has the resource, as the proto spells it: `tax_rate`. */
  field: string;
  mask: FieldMask | undefined;
  changeable: readonly Name[];
  validator: Validator;
  /** Fails as the service does. */
  fail: (
    reason: "UPDATE_MASK_INVALID",
    metadata: { description: string },
    options: { details: Detail[] },
  ) => ConnectError;
}

/**
 * The fields of a resource that an update's mask names (https://google.aip.dev/134), and nothing else. Only these, its
 * id and its etag are validated: what was stored under older rules does not stand in the way of something else. An
 * `etag` may be named, and is no change.
 *
 * @throws UPDATE_MASK_INVALID when the mask names nothing, or a path is unknown or output-only; INVALID_ARGUMENT with
 *   every violation, as fields of the request (`tax_rate.name`)
 */
export function readNamed<Desc extends DescMessage, Name extends FieldName<Desc>>({
  schema,
  resource,
  field: resourceField,
  mask,
  changeable,
  validator,
  fail,
}: Update<Desc, Name>): Partial<Pick<MessageShape<Desc>, Name>> {
  const byPath = new Map(
    changeable.map((name) => [schema.fields.find(({ localName }) => localName === name)?.name, name]),
  );
  const refuse = (description: string) => {
    const fieldViolations = [{ field: "update_mask", description }];
    return fail(
      "UPDATE_MASK_INVALID",
      { description },
      { details: [{ desc: BadRequestSchema, value: { fieldViolations } }] },
    );
  };
  const paths = (mask?.paths ?? []).filter((path) => path !== "etag");
  const names = paths.map((path) => {
    const name = byPath.get(path);
    if (name === undefined)
      throw refuse(`has ${JSON.stringify(path)}, which is not a field that can be changed`);
    return name;
  });
  if (names.length === 0) throw refuse("names no field to change");

  const named = new Set(["id", "etag", ...paths]);
  const present = schema.fields
    .filter(({ name }) => named.has(name))
    .map(({ localName }) => localName as Name);
  const message = Object.assign(create(schema), pick(resource, present));
  checkNamed({ schema, message, named, field: resourceField, validator });
  return pick(resource, names);
}

/**
 * Holds a message to the contract's rules, as far as the `named` fields are concerned, which are spelled as the proto
 * does.
 *
 * @throws INVALID_ARGUMENT with every violation, as fields of the request's `field`: `product.title`
 */
export function checkNamed<Desc extends DescMessage>({
  schema,
  message,
  named,
  field,
  validator,
}: {
  schema: Desc;
  message: MessageShape<Desc>;
  named: ReadonlySet<string>;
  field: string;
  validator: Validator;
}): void {
  const result = validator.validate(schema, message);
  if (result.kind === "error") {
    throw new Error(`the validation rules of ${schema.typeName} failed`, { cause: result.error });
  }
  const violations = (result.violations ?? [])
    .filter(({ field: [first] }) => first?.kind === "field" && named.has(first.name))
    .map(({ field: path, message: description }) => ({
      field: `${field}.${pathToString(path)}`,
      description,
    }));
  if (violations.length > 0) throw invalidArgument(violations);
}

/** @throws INVALID_ARGUMENT when a request to update has no resource, or one without an id */
export function required<Resource extends { id: string }>(
  resource: Resource | undefined,
  field: string,
): Resource {
  if (resource !== undefined && resource.id !== "") return resource;
  throw invalidArgument([{ field: `${field}.id`, description: "value is required" }]);
}

function pick<Shape extends object, Name extends keyof Shape>(
  from: Shape,
  names: readonly Name[],
): Partial<Pick<Shape, Name>> {
  return Object.fromEntries(names.map((name) => [name, from[name]])) as Partial<Pick<Shape, Name>>;
}
