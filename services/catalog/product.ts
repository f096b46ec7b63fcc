import type { Product } from "../../gen/rowlock/catalog/v1/catalog_pb.js";
import { MoneyError, minorDigits } from "../../lib/money/money.ts";

/** One thing that is wrong with a product: the path of the field, as the proto spells it, and why. */
export interface FieldViolation {
  field: string;
  description: string;
}

/** The parts of a product that an update may change, by their name in a field mask. */
export const changeableFields = {
  title: "title",
  description: "description",
  category_ids: "categoryIds",
  tags: "tags",
  options: "options",
  variants: "variants",
  attributes: "attributes",
  metadata: "metadata",
  image_urls: "imageUrls",
  tax_category: "taxCategory",
} as const satisfies Record<string, keyof Product>;

/** A field that an update may change. */
export type ChangeableField = keyof typeof changeableFields;

export function isChangeable(path: string): path is ChangeableField {
  return Object.hasOwn(changeableFields, path);
}

/**
 * What the contract's rules for single fields cannot say: every variant chooses one of the offered
 * values for each option and nothing else, no two variants choose the same, and currencies exist.
 */
export function inconsistencies(product: Product): FieldViolation[] {
  return [...optionViolations(product), ...currencyViolations(product)];
}

function optionViolations({ options, variants }: Product): FieldViolation[] {
  const violations: FieldViolation[] = [];
  const seen = new Map<string, number>();
  for (const [index, { optionValues }] of variants.entries()) {
    const field = `variants[${index}].option_values`;
    const before = violations.length;
    for (const { name, values } of options) {
      const chosen = Object.hasOwn(optionValues, name) ? optionValues[name] : undefined;
      if (chosen === undefined) {
        violations.push({ field, description: `no value for option ${JSON.stringify(name)}` });
      } else if (!values.includes(chosen)) {
        violations.push({ field, description: `option ${JSON.stringify(name)} has no such value` });
      }
    }
    const unknown = Object.keys(optionValues).find((name) => !options.some((option) => option.name === name));
    if (unknown !== undefined) {
      violations.push({ field, description: `the product has no option ${JSON.stringify(unknown)}` });
    }
    if (violations.length > before) continue;
    const combination = JSON.stringify(options.map(({ name }) => optionValues[name]));
    const twin = seen.get(combination);
    if (twin !== undefined) {
      violations.push({ field, description: `the same as those of variants[${twin}]` });
    }
    seen.set(combination, index);
  }
  return violations;
}

function currencyViolations({ variants }: Product): FieldViolation[] {
  const violations: FieldViolation[] = [];
  for (const [v, { prices }] of variants.entries()) {
    for (const [p, { currencyCode }] of prices.entries()) {
      try {
        minorDigits(currencyCode);
      } catch (err) {
        if (!(err instanceof MoneyError)) throw err;
        violations.push({ field: `variants[${v}].prices[${p}].currency_code`, description: err.message });
      }
    }
  }
  return violations;
}
