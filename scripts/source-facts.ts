import { parseAst } from "vitest/node";
import type { TextFile } from "./source-files.ts";

/**
 * How a module reaches another: `value` is loaded at start, `type` is erased, `dynamic` is loaded when asked for
 * (`import()`, `require()`, and `new URL(…, import.meta.url)`, which is how a worker is named).
 */
export type ImportKind = "value" | "type" | "dynamic";

/** One reference to another module. */
export interface ImportRef {
  readonly specifier: string;
  readonly kind: ImportKind;
  readonly line: number;
}

/** Things in a module that some rule has an opinion on. */
export type SiteKind =
  | "process" // process.x, globalThis.process
  | "console" // console.x
  | "sql" // sql`…`, x.raw(…)
  | "default-export"
  | "computed-import" // import(x), where x may be a path of ours
  | "held-back-test"; // test.only, it.skip, ctx.skip(), { todo: true }

/** Where such a thing stands. */
export interface Site {
  readonly kind: SiteKind;
  readonly line: number;
  readonly detail: string;
}

/** What the rules need to know of one module. */
export interface SourceFacts {
  readonly path: string;
  readonly imports: readonly ImportRef[];
  readonly sites: readonly Site[];
  /** Names of the values it exports; types are not among them. */
  readonly exports: readonly string[];
}

/** An ESTree or TypeScript-ESTree node; the rules look at a handful of its many shapes. */
interface Node {
  readonly type: string;
  readonly start: number;
  readonly [field: string]: unknown;
}

const isNode = (value: unknown): value is Node =>
  typeof value === "object" && value !== null && typeof (value as Node).type === "string";

const nodes = (value: unknown): Node[] => (Array.isArray(value) ? value.filter(isNode) : []);

/** Parses a module. Throws an Error with the path and the parser's excerpt when the text is no module. */
export function readFacts({ path, text }: TextFile): SourceFacts {
  const lineOf = lineFinder(text);
  const imports: ImportRef[] = [];
  const sites: Site[] = [];
  const exports: string[] = [];
  for (const node of walk(parse({ path, text }))) {
    const line = lineOf(node.start);
    const ref = importOf(node);
    if (ref !== undefined) imports.push({ ...ref, line });
    const site = siteOf(node);
    if (site !== undefined) sites.push({ ...site, line });
    exports.push(...exportsOf(node));
  }
  return { path, imports, sites, exports };
}

function parse({ path, text }: TextFile): Node {
  try {
    return parseAst(text, { lang: /\.m?ts$/.test(path) ? "ts" : "js" }, path) as unknown as Node;
  } catch (err) {
    throw new Error(`${path} cannot be parsed: ${(err as Error).message}`, { cause: err });
  }
}

function* walk(root: Node): Generator<Node> {
  const open: Node[] = [root];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    yield node;
    const children = Object.values(node).flatMap((value) => (isNode(value) ? [value] : nodes(value)));
    open.push(...children.reverse());
  }
}

function lineFinder(text: string): (offset: number) => number {
  const starts = [0];
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return (offset) => {
    let low = 0;
    let high = starts.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle;
    }
    return low + 1;
  };
}

/** The text of a string literal or of a template without substitutions. */
function literal(node: unknown): string | undefined {
  if (!isNode(node)) return undefined;
  if (node.type === "Literal" && typeof node.value === "string") return node.value;
  const quasis = nodes(node.quasis);
  if (node.type !== "TemplateLiteral" || quasis.length !== 1) return undefined;
  return (quasis[0]?.value as { cooked?: string } | undefined)?.cooked;
}

function nameOf(node: unknown): string | undefined {
  if (!isNode(node)) return undefined;
  return node.type === "Identifier" ? (node.name as string) : literal(node);
}

/** `a.b` and `a["b"]` give "b". */
function propertyOf(node: Node): string | undefined {
  return node.computed === true ? literal(node.property) : nameOf(node.property);
}

function importOf(node: Node): Omit<ImportRef, "line"> | undefined {
  const specifier = literal(node.source);
  switch (node.type) {
    case "ImportDeclaration":
    case "ExportNamedDeclaration":
    case "ExportAllDeclaration":
      return specifier === undefined ? undefined : { specifier, kind: erased(node) ? "type" : "value" };
    case "TSImportType":
      return specifier === undefined ? undefined : { specifier, kind: "type" };
    case "ImportExpression":
      return specifier === undefined ? undefined : { specifier, kind: "dynamic" };
    case "CallExpression": {
      const required = nameOf(node.callee) === "require" ? literal(nodes(node.arguments)[0]) : undefined;
      return required === undefined ? undefined : { specifier: required, kind: "dynamic" };
    }
    case "NewExpression": {
      const [target, base] = nodes(node.arguments);
      const url = nameOf(node.callee) === "URL" && isImportMetaUrl(base) ? literal(target) : undefined;
      const module = url !== undefined && /^\.{1,2}\/.*\.m?[jt]s$/.test(url);
      return module ? { specifier: url, kind: "dynamic" } : undefined;
    }
    default:
      return undefined;
  }
}

/** verbatimModuleSyntax keeps `import { type A } from …` as `import {} from …`: only `import type` is erased. */
function erased(node: Node): boolean {
  return node.importKind === "type" || node.exportKind === "type";
}

function isImportMetaUrl(node: Node | undefined): boolean {
  return (
    node?.type === "MemberExpression" &&
    propertyOf(node) === "url" &&
    isNode(node.object) &&
    node.object.type === "MetaProperty"
  );
}

function siteOf(node: Node): Omit<Site, "line"> | undefined {
  switch (node.type) {
    case "MemberExpression": {
      const object = nameOf(node.object);
      const property = propertyOf(node) ?? "…";
      if (object === "process") return { kind: "process", detail: `process.${property}` };
      if (object === "console") return { kind: "console", detail: `console.${property}` };
      if (object === "globalThis" && (property === "process" || property === "console")) {
        return { kind: property, detail: `globalThis.${property}` };
      }
      return heldBack(node);
    }
    case "VariableDeclarator":
      // const { env } = process
      return nameOf(node.init) === "process" && node.init !== node.id
        ? { kind: "process", detail: "process" }
        : undefined;
    case "TaggedTemplateExpression":
      return nameOf(node.tag) === "sql" ? { kind: "sql", detail: "sql`…`" } : undefined;
    case "ExportDefaultDeclaration":
      return { kind: "default-export", detail: "export default" };
    case "ExportSpecifier":
      return nameOf(node.exported) === "default"
        ? { kind: "default-export", detail: "export { … as default }" }
        : undefined;
    case "ImportExpression":
      return mayBePath(node.source) ? { kind: "computed-import", detail: "import(…)" } : undefined;
    case "CallExpression":
      return rawCall(node) ?? heldBackByOption(node);
    default:
      return undefined;
  }
}

/** A template that starts as a package's name, `@scope/${platform}`, cannot lead into the repository. */
function mayBePath(source: unknown): boolean {
  if (literal(source) !== undefined || !isNode(source)) return false;
  const start = (nodes(source.quasis)[0]?.value as { cooked?: string } | undefined)?.cooked;
  return start === undefined || !/^(@[a-z0-9]|[a-z0-9][\w-]*\/)/.test(start);
}

function rawCall(node: Node): Omit<Site, "line"> | undefined {
  const callee = node.callee as Node;
  const raw = callee.type === "MemberExpression" && propertyOf(callee) === "raw";
  return raw && nameOf(callee.object) !== "String" ? { kind: "sql", detail: ".raw(…)" } : undefined;
}

const holdingBack = new Set(["only", "skip", "todo"]);
const suites = new Set(["test", "it", "describe", "suite", "bench"]);
const contexts = new Set(["ctx", "context", "t", "task"]);

/** `test.only`, `describe.concurrent.skip.each`, `ctx.skip`. */
function heldBack(node: Node): Omit<Site, "line"> | undefined {
  const property = propertyOf(node);
  if (property === undefined || !holdingBack.has(property)) return undefined;
  const root = rootName(node);
  const held = root !== undefined && (suites.has(root) || contexts.has(root));
  return held ? { kind: "held-back-test", detail: `${root}.${property}` } : undefined;
}

/** `test("…", { skip: true }, …)`. */
function heldBackByOption(node: Node): Omit<Site, "line"> | undefined {
  const root = rootName(node);
  if (root === undefined || !suites.has(root)) return undefined;
  const keys = nodes(node.arguments)
    .filter((argument) => argument.type === "ObjectExpression")
    .flatMap((options) => nodes(options.properties).map((property) => nameOf(property.key)));
  const held = keys.find((key) => key !== undefined && holdingBack.has(key));
  return held === undefined ? undefined : { kind: "held-back-test", detail: `${root}(…, { ${held} })` };
}

/** The leftmost name of `a.b(c).d`. */
function rootName(node: Node): string | undefined {
  let at: unknown = node;
  while (isNode(at) && at.type !== "Identifier") {
    at = at.type === "MemberExpression" ? at.object : at.type === "CallExpression" ? at.callee : undefined;
  }
  return nameOf(at);
}

function exportsOf(node: Node): string[] {
  if (node.type !== "ExportNamedDeclaration" || node.exportKind === "type") return [];
  const specified = nodes(node.specifiers)
    .filter((specifier) => specifier.exportKind !== "type")
    .map((specifier) => nameOf(specifier.exported));
  const declaration = isNode(node.declaration) ? node.declaration : undefined;
  const declared = [nameOf(declaration?.id), ...nodes(declaration?.declarations).map((d) => nameOf(d.id))];
  const isType = declaration !== undefined && /^TS(Interface|TypeAlias)/.test(declaration.type);
  return [...specified, ...(isType ? [] : declared)].filter((name) => name !== undefined);
}
