import type { DescField, DescMessage } from "@bufbuild/protobuf";
import { parseTemplate, type Variable } from "../transcoder/template.ts";

/** One parameter in a path. */
export interface PathParameter {
  name: string;
  /** The field it goes to, or with the parameter's siblings makes up. */
  field: DescField;
  /** What it is a part of, when the field's value is more than this segment: `shelves/*`. */
  pattern: string | undefined;
  /** Whether slashes stand for themselves in it. */
  isRest: boolean;
}

/** A path as OpenAPI writes it, with what the parts in braces are. */
export interface OpenApiPath {
  path: string;
  parameters: PathParameter[];
}

/**
 * A path template of google.api.http as an OpenAPI path. OpenAPI's parameters end at slashes, so a variable of
 * several segments becomes its literals with one parameter for each wildcard: `/v1/{name=shelves/*}` is
 * `/v1/shelves/{name}`.
 */
export function openApiPath(template: string, input: DescMessage): OpenApiPath {
  const { segments, variables, verb } = parseTemplate(template);
  const parameters: PathParameter[] = [];
  const written = segments.map((segment, index) => {
    if (segment.kind === "literal") return encodeURIComponent(segment.value).replaceAll("%40", "@");
    const variable = variables.find(({ start, end }) => start <= index && index < (end ?? segments.length));
    const fields = variable === undefined ? undefined : fieldChain(input, variable.fieldPath);
    const field = fields?.at(-1);
    if (variable === undefined || fields === undefined || field === undefined) return "*";
    const inside = segments.slice(variable.start, variable.end ?? segments.length);
    const wildcards = inside.filter(({ kind }) => kind !== "literal").length;
    const base = fields.map((each) => each.jsonName).join(".");
    const earlier = parameters.filter((each) => each.name.replace(/\d+$/, "") === base).length;
    const name = wildcards === 1 ? base : `${base}${earlier + 1}`;
    parameters.push({
      name,
      field,
      pattern: patternOf(variable, template),
      isRest: segment.kind === "doubleStar",
    });
    return `{${name}}`;
  });
  return { path: `/${written.join("/")}${verb === "" ? "" : `:${verb}`}`, parameters };
}

/** The variable's own template when it holds more than one segment. */
function patternOf(variable: Variable, template: string): string | undefined {
  if (!variable.multi) return undefined;
  const pattern = new RegExp(`\\{${variable.fieldPath.join("\\.")}=([^}]*)\\}`).exec(template)?.[1];
  return pattern === "**" ? undefined : pattern;
}

function fieldChain(input: DescMessage, names: readonly string[]): DescField[] {
  const chain: DescField[] = [];
  let desc: DescMessage | undefined = input;
  for (const name of names) {
    const field: DescField | undefined = desc?.fields.find((candidate) => candidate.name === name);
    if (field === undefined) break;
    chain.push(field);
    desc = field.message;
  }
  return chain;
}

/** What two paths have in common when only the names of their parameters differ: OpenAPI takes them for one. */
export function pathShape(path: string): string {
  return path.replace(/\{[^}]*\}/g, "{}");
}
