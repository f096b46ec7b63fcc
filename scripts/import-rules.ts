import { isBuiltin } from "node:module";
import { posix } from "node:path";
import { findCycles } from "./import-cycles.ts";
import type { ImportRef, Site, SourceFacts } from "./source-facts.ts";
import { isForeign, isTestCode, type Violation } from "./source-files.ts";

/** Package names by the section of package.json that lists them. */
export interface Packages {
  readonly dependencies: ReadonlySet<string>;
  readonly devDependencies: ReadonlySet<string>;
}

/** A folder with rules of its own: who it is, and which paths of the repository it may import. */
interface Layer {
  readonly name: string;
  readonly may: readonly (string | RegExp)[];
}

/** Contracts of no single service: well-known types, annotations, money, addresses, access. */
const sharedContracts = ["gen/google/", "gen/buf/", "gen/rowlock/type/", "gen/rowlock/auth/"];
const testContracts = "gen/rowlock/testing/";

/** Entry points and what surrounds them may import anything. */
const outside = /^(cmd|bench|test|scripts)\/|^[^/]+$/;

/**
 * The layer of a file, or undefined for one that may import anything. Every service may import every contract:
 * another service is called by its generated client. Undefined layers of new top-level folders are an error of
 * their own, so that no folder is forgotten here.
 */
function layerOf(path: string): Layer | "anything" | undefined {
  if (outside.test(path)) return "anything";
  const [top, area] = path.split("/");
  switch (top) {
    case "services":
      return { name: `${top}/${area}`, may: ["lib/", "gen/", `${top}/${area}/`] };
    case "legacy":
      // Beside a facade's own files stands what all of them share, which knows none of them.
      return { name: `${top}/${area}`, may: ["lib/", "gen/", `${top}/${area}/`, /^legacy\/[^/]+$/] };
    case "gateway":
      return { name: top, may: ["lib/", "gen/", "gateway/"] };
    case "sandbox":
      return { name: top, may: ["lib/", "sandbox/"] };
    case "lib":
      return { name: top, may: ["lib/", ...sharedContracts] };
    default:
      return undefined;
  }
}

/**
 * Checks who imports whom, that nothing imports itself by a detour, and that what a folder must leave to others
 * (the process, the console, SQL outside the store) is left to them.
 *
 * `files` are all modules of the repository except those under gen/ and third_party/.
 */
export function importViolations({
  files,
  packages,
}: {
  files: readonly SourceFacts[];
  packages: Packages;
}): Violation[] {
  const own = files.filter((file) => !isForeign(file.path));
  return [
    ...own.flatMap((file) => layerViolations(file)),
    ...own.flatMap((file) => siteViolations(file)),
    ...own.flatMap((file) => packageViolations({ file, packages })),
    ...productionViolations({ files: own, packages }),
    ...cycleViolations(own),
  ];
}

/** The path from the root of a relative import, or undefined for a package. */
export function resolveImport({ from, specifier }: { from: string; specifier: string }): string | undefined {
  if (!/^\.{1,2}(\/|$)/.test(specifier)) return undefined;
  return posix.normalize(posix.join(posix.dirname(from), specifier.replace(/[?#].*$/, "")));
}

function layerViolations(file: SourceFacts): Violation[] {
  const layer = layerOf(file.path);
  if (layer === "anything") return [];
  if (layer === undefined) {
    return [{ path: file.path, message: "stands in a folder that the import rules do not know" }];
  }
  return file.imports.flatMap((ref) => {
    const target = resolveImport({ from: file.path, specifier: ref.specifier });
    if (target === undefined || mayImport({ layer, from: file.path, target })) return [];
    const reason = isTestCode(target) ? "only tests may" : `may: ${layer.may.join(", ")} and packages`;
    const message = `${layer.name} must not import ${target} (${reason})`;
    return [{ path: file.path, line: ref.line, message }];
  });
}

function mayImport({ layer, from, target }: { layer: Layer; from: string; target: string }): boolean {
  const test = isTestCode(from);
  // The echo service exists to test the runtime.
  if (target.startsWith(testContracts)) return test && layer.name !== "sandbox";
  // Code that talks to a vendor is tested against the stand-in.
  if (target.startsWith("sandbox/") && test && layer.name !== "lib") return true;
  if (isTestCode(target) && !test) return false;
  return layer.may.some((allowed) =>
    typeof allowed === "string" ? target.startsWith(allowed) : allowed.test(target),
  );
}

const siteRules: { kind: Site["kind"]; message: string; allowed: (path: string) => boolean }[] = [
  {
    kind: "process",
    message:
      "only cmd/, bench/, test/, scripts/, *.config.ts and tests touch the process: take it as an argument",
    allowed: mayTouchProcess,
  },
  {
    kind: "console",
    message: "prints to the console: log through lib/telemetry",
    allowed: (path) => outside.test(path),
  },
  {
    kind: "sql",
    message: "SQL of a service stands in its store (a file with `store` in its name, store/ or migrations/)",
    allowed: (path) => !path.startsWith("services/") || isTestCode(path) || isStore(path),
  },
  {
    kind: "computed-import",
    message: "imports a computed path, which these rules cannot check",
    allowed: (path) => outside.test(path) || isTestCode(path),
  },
];

function mayTouchProcess(path: string): boolean {
  return /^(cmd|bench|test|scripts)\//.test(path) || /\.config\.m?ts$/.test(path) || isTestCode(path);
}

function isStore(path: string): boolean {
  const [, , ...inside] = path.split("/");
  const name = inside.pop() ?? "";
  return inside.some((folder) => folder === "store" || folder === "migrations") || /\bstore\b/.test(name);
}

function siteViolations(file: SourceFacts): Violation[] {
  const sites = file.sites.flatMap((site) =>
    siteRules
      .filter((rule) => rule.kind === site.kind && !rule.allowed(file.path))
      .map((rule) => ({ path: file.path, line: site.line, message: `${site.detail}: ${rule.message}` })),
  );
  const processImports = file.imports
    .filter((ref) => /^(node:)?process$/.test(ref.specifier) && !mayTouchProcess(file.path))
    .map((ref) => ({
      path: file.path,
      line: ref.line,
      message: `${ref.specifier}: ${siteRules[0]?.message}`,
    }));
  return [...sites, ...processImports];
}

/** The npm package of a specifier, or undefined for a path or one of Node's own modules. */
function packageOf(specifier: string): string | undefined {
  if (/^\.{1,2}(\/|$)/.test(specifier) || isBuiltin(specifier)) return undefined;
  return specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
}

/** A package that only another package brought along may be gone after the next install. */
function packageViolations({ file, packages }: { file: SourceFacts; packages: Packages }): Violation[] {
  return file.imports.flatMap((ref) => {
    const name = packageOf(ref.specifier);
    if (name === undefined || packages.dependencies.has(name) || packages.devDependencies.has(name))
      return [];
    return [{ path: file.path, line: ref.line, message: `${name} is not listed in package.json` }];
  });
}

/**
 * What cmd/ loads at start must run after `npm ci --omit=dev`: a development dependency in that closure is
 * imported as a type, or with `import()` where it is needed.
 */
function productionViolations({
  files,
  packages,
}: {
  files: readonly SourceFacts[];
  packages: Packages;
}): Violation[] {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const open = files.filter((file) => file.path.startsWith("cmd/") && !isTestCode(file.path));
  const reached = new Set(open);
  const violations: Violation[] = [];
  for (let file = open.pop(); file !== undefined; file = open.pop()) {
    for (const ref of file.imports.filter(({ kind }) => kind === "value")) {
      const name = packageOf(ref.specifier);
      if (name !== undefined && packages.devDependencies.has(name)) {
        const message = `${name} is a development dependency, and cmd/ loads this file at start`;
        violations.push({ path: file.path, line: ref.line, message });
      }
      const next = byPath.get(resolveImport({ from: file.path, specifier: ref.specifier }) ?? "");
      if (next !== undefined && !reached.has(next)) {
        reached.add(next);
        open.push(next);
      }
    }
  }
  return violations;
}

/** Type imports are erased and close no cycle. */
function cycleViolations(files: readonly SourceFacts[]): Violation[] {
  const known = new Set(files.map((file) => file.path));
  const targets = (file: SourceFacts) => (ref: ImportRef) => {
    const target = resolveImport({ from: file.path, specifier: ref.specifier });
    return ref.kind !== "type" && target !== undefined && known.has(target) ? [target] : [];
  };
  const graph = new Map(files.map((file) => [file.path, file.imports.flatMap(targets(file))]));
  return findCycles(graph).map((cycle) => ({
    path: cycle[0] ?? "",
    message: `imports itself: ${[...cycle, cycle[0]].join(" → ")}`,
  }));
}
