import { pathToString } from "@bufbuild/protobuf/reflect";
import type { Validator } from "@bufbuild/protovalidate";
import { BadRequestSchema } from "../../gen/google/rpc/error_details_pb.js";
import {
  type Promotion,
  PromotionSchema,
  type UpdatePromotionRequest,
} from "../../gen/rowlock/promotion/v1/promotion_pb.js";
import { invalidArgument } from "../../lib/errors/reasons.ts";
import { contradictions } from "./promotion.ts";
import { fail } from "./reasons.ts";

/** The parts of a promotion that an update may change, by their name in a field mask; but for its action. */
const plainFields = {
  title: "title",
  automatic: "automatic",
  paused: "paused",
  start_time: "startTime",
  end_time: "endTime",
  priority: "priority",
  exclusive: "exclusive",
  target: "target",
  minimum: "minimum",
  minimum_quantity: "minimumQuantity",
  limit: "limit",
  customer_limit: "customerLimit",
} as const satisfies Record<string, keyof Promotion>;

/** The members of the action, of which a promotion has one. */
const actions = {
  percentage: "percentage",
  amount_off: "amountOff",
  price_override: "priceOverride",
  buy_x_get_y: "buyXGetY",
  free_shipping: "freeShipping",
} as const satisfies Record<string, Promotion["action"]["case"]>;

/** An update as it was asked for. */
export interface PromotionChange {
  promotionId: string;
  /** Empty: whatever the present one is. */
  etag: string;
  /** Names as in a field mask. */
  fields: ReadonlySet<string>;
  content: Promotion;
}

/**
 * Reads an update request.
 *
 * @throws INVALID_ARGUMENT when the promotion or its id is missing; UPDATE_MASK_INVALID when the mask names nothing,
 *   or a path is unknown or output-only.
 */
export function readChange({ promotion, updateMask }: UpdatePromotionRequest): PromotionChange {
  if (promotion === undefined || promotion.id === "") {
    throw invalidArgument([{ field: "promotion.id", description: "value is required" }]);
  }
  const paths = (updateMask?.paths ?? []).filter((path) => path !== "etag");
  const refused = paths.find((path) => !Object.hasOwn(plainFields, path) && !Object.hasOwn(actions, path));
  if (refused !== undefined) {
    const description = `${JSON.stringify(refused)} is not a field that can be changed`;
    throw fail("UPDATE_MASK_INVALID", { description });
  }
  if (paths.length === 0) throw fail("UPDATE_MASK_INVALID", { description: "names no field to change" });
  return { promotionId: promotion.id, etag: promotion.etag, fields: new Set(paths), content: promotion };
}

/** The present promotion with the named fields replaced; neither argument is changed. */
export function merge(present: Promotion, { fields, content }: PromotionChange): Promotion {
  const merged = { ...present };
  for (const [path, name] of Object.entries(plainFields)) {
    if (fields.has(path)) Object.assign(merged, { [name]: content[name] });
  }
  const named = new Set(Object.entries(actions).flatMap(([path, name]) => (fields.has(path) ? [name] : [])));
  if (content.action.case !== undefined && named.has(content.action.case)) merged.action = content.action;
  else if (merged.action.case !== undefined && named.has(merged.action.case)) {
    merged.action = { case: undefined };
  }
  return merged;
}

/**
 * Holds a merged promotion to the contract's rules, as far as the named fields are concerned, and to fit together.
 *
 * @throws INVALID_ARGUMENT with every violation, as fields of the request (`promotion.title`); PROMOTION_INVALID
 */
export function checkChange(validator: Validator, merged: Promotion, fields: ReadonlySet<string>): void {
  const result = validator.validate(PromotionSchema, merged);
  if (result.kind === "error") {
    throw new Error("the validation rules of a promotion failed", { cause: result.error });
  }
  const violations = (result.violations ?? [])
    .filter(({ field: [first] }) => first?.kind === "field" && fields.has(first.name))
    .map(({ field, message }) => ({ field: `promotion.${pathToString(field)}`, description: message }));
  if (violations.length > 0) throw invalidArgument(violations);
  checkTogether(merged);
}

/** @throws PROMOTION_INVALID when a promotion does not fit together: its fields, as those of the request. */
export function checkTogether(promotion: Promotion): void {
  const fieldViolations = contradictions(promotion).map(({ field, description }) => ({
    field: `promotion.${field}`,
    description,
  }));
  const [first] = fieldViolations;
  if (first === undefined) return;
  throw fail(
    "PROMOTION_INVALID",
    { ...first },
    { details: [{ desc: BadRequestSchema, value: { fieldViolations: fieldViolations.slice(0, 30) } }] },
  );
}
