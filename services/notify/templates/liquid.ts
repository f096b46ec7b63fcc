import { Liquid, type LiquidOptions, type Template } from "liquidjs";
import { escapeHtml } from "../../../lib/html.ts";

/** What a template may read, by name: text, numbers, lists and records of them; null is what there is not. */
export type Variables = Readonly<Record<string, unknown>>;

/** Characters of a template at most. */
const maxTemplateLength = 200_000;
/** Characters that a template may come to. */
const maxRenderedLength = 500_000;

/** Enough to say it with, and nothing that reads files, keeps state or makes a value out of another's name. */
const tags = new Set(["if", "unless", "case", "for", "break", "continue", "comment", "#"]);
const filters = new Set([
  "append",
  "capitalize",
  "default",
  "downcase",
  "first",
  "join",
  "last",
  "prepend",
  "remove",
  "replace",
  "size",
  "strip",
  "truncate",
  "truncatewords",
  "upcase",
  "url_encode",
]);

/** What is not there and what is not known fails; milliseconds and characters are those of one template. */
const options: LiquidOptions = {
  strictFilters: true,
  strictVariables: true,
  lenientIf: false,
  ownPropertyOnly: true,
  templates: {},
  parseLimit: maxTemplateLength,
  renderLimit: 500,
  memoryLimit: 1_000_000,
};

/** For text: values come as they are. */
export const plain = engine({ ...options, outputEscape: textOf });
/** For HTML: each value is escaped, in text and in quoted attributes alike, and nothing can keep it from being so. */
export const markup = engine({ ...options, outputEscape: escaped });

function engine(given: LiquidOptions): Liquid {
  const liquid = new Liquid(given);
  for (const name of Object.keys(liquid.tags)) if (!tags.has(name)) delete liquid.tags[name];
  for (const name of Object.keys(liquid.filters)) if (!filters.has(name)) liquid.unregisterFilter(name);
  return liquid;
}

/** Lines stay lines; other control characters have no place in a document. */
function escaped(value: unknown): string {
  return escapeHtml(textOf(value).replace(/[^\P{Cc}\n\t]/gu, "")).replaceAll("\n", "<br>");
}

/** @throws TypeError for a record, of which nobody wants to read `[object Object]` */
function textOf(value: unknown): string {
  if (value === null || value === undefined) return "";
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  if (Array.isArray(value)) return value.map(textOf).join("");
  throw new TypeError("a record is no text: name one of its fields");
}

/** Templates of each kind that are kept parsed: to parse an e-mail costs milliseconds, and a shop has few of them. */
const mostParsed = 32;
const parsedBy = new Map<Liquid, Map<string, Template[]>>();

/** A template as it is rendered; those that were used last are remembered. @throws Error of liquidjs */
function parsed(liquid: Liquid, template: string): Template[] {
  const known = parsedBy.get(liquid) ?? new Map<string, Template[]>();
  parsedBy.set(liquid, known);
  const nodes = known.get(template) ?? liquid.parse(template);
  // What was used last stands last: the first goes when there are too many.
  known.delete(template);
  known.set(template, nodes);
  const [oldest = ""] = known.keys();
  if (known.size > mostParsed) known.delete(oldest);
  return nodes;
}

/** Renders a template. @throws Error of liquidjs, or RangeError when it comes to too much */
export function renderWith(liquid: Liquid, template: string, variables: Variables): string {
  const rendered: string = liquid.renderSync(parsed(liquid, template), variables);
  if (rendered.length > maxRenderedLength) {
    throw new RangeError(`it comes to more than ${maxRenderedLength} characters`);
  }
  return rendered;
}
