import { clone, type DescField } from "@bufbuild/protobuf";
import { type ReflectMessage, reflect } from "@bufbuild/protobuf/reflect";
import type { Validator } from "@bufbuild/protovalidate";
import { BadRequestSchema } from "../../gen/google/rpc/error_details_pb.js";
import {
  file_rowlock_promotion_v1_promotion,
  type Promotion,
  PromotionSchema,
  type UpdatePromotionRequest,
} from "../../gen/rowlock/promotion/v1/promotion_pb.js";
import { checkNamed, required } from "../../lib/update-mask.ts";
import { contradictions } from "./promotion.ts";
import { fail } from "./reasons.ts";

/** A field of a promotion, or one of a message that it has: `percentage`, `percentage.maximum`. */
interface ChangedField {
  field: DescField;
  part: DescField | undefined;
}

/** An update as it was asked for. */
export interface PromotionChange {
  promotionId: string;
  /** Empty: whatever the present one is. */
  etag: string;
  changed: readonly ChangedField[];
  content: Promotion;
}

const setByService = new Set(["id", "redeemed", "etag", "create_time", "update_time"]);

/**
 * Reads an update request.
 *
 * @throws INVALID_ARGUMENT when the promotion or its id is missing; UPDATE_MASK_INVALID when the mask names nothing,
 *   or a path is unknown or output-only.
 */
export function readChange({ promotion, updateMask }: UpdatePromotionRequest): PromotionChange {
  const content = required(promotion, "promotion");
  const changed = (updateMask?.paths ?? []).filter((path) => path !== "etag").map(fieldOf);
  if (changed.length === 0) throw fail("UPDATE_MASK_INVALID", { description: "names no field to change" });
  return { promotionId: content.id, etag: content.etag, changed, content };
}

function fieldOf(path: string): ChangedField {
  const [name, partName, ...rest] = path.split(".");
  const field = PromotionSchema.fields.find((each) => each.name === name && !setByService.has(each.name));
  const part = partName === undefined ? undefined : partsOf(field).find((each) => each.name === partName);
  if (field === undefined || (partName !== undefined && part === undefined) || rest.length > 0) {
    const description = `${JSON.stringify(path)} is not a field that can be changed`;
    throw fail("UPDATE_MASK_INVALID", { description });
  }
  return { field, part };
}

/** The fields of a message that is a promotion's own, such as its target; a time has none that are named alone. */
function partsOf(field: DescField | undefined): readonly DescField[] {
  const isOwn = field?.fieldKind === "message" && field.message.file === file_rowlock_promotion_v1_promotion;
  return isOwn ? field.message.fields : [];
}

/**
 * The present promotion with the named fields replaced; neither argument is changed. Naming an action, or a part of
 * one, that the promotion does not have gives it that action.
 */
export function merge(present: Promotion, { changed, content }: PromotionChange): Promotion {
  const merged = clone(PromotionSchema, present);
  const to = reflect(PromotionSchema, merged);
  const from = reflect(PromotionSchema, content);
  for (const { field, part } of changed) {
    if (part === undefined || field.fieldKind !== "message") {
      copy(field, from, to);
    } else {
      const inner = to.isSet(field) ? to.get(field) : reflect(field.message);
      copy(part, from.get(field), inner);
      to.set(field, inner);
    }
  }
  return merged;
}

function copy(field: DescField, from: ReflectMessage, to: ReflectMessage): void {
  if (from.isSet(field)) to.set(field, from.get(field));
  else to.clear(field);
}

/**
 * Holds a merged promotion to the contract's rules, as far as the named fields are concerned, and to fit together.
 *
 * @throws INVALID_ARGUMENT with every violation, as fields of the request (`promotion.title`); PROMOTION_INVALID
 */
export function checkChange(
  validator: Validator,
  merged: Promotion,
  { changed }: Pick<PromotionChange, "changed">,
): void {
  const named = new Set(changed.map(({ field }) => field.name));
  checkNamed({ schema: PromotionSchema, message: merged, named, field: "promotion", validator });
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
