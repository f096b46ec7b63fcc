import { basename } from "node:path/posix";
import type { SourceFacts } from "./source-facts.ts";
import { isForeign, type TextFile, type Violation } from "./source-files.ts";

const maxSourceLines = 400;
const maxReadmeLines = 60;

const counted = /\.(ts|mts|mjs|js|html|css)$/;
const named = /\.(ts|mts|mjs|js|html|css|json|sql|sh|yaml|yml)$/;
/** Words that say nothing of what a file is about. */
const emptyWords = new Set(["util", "utils", "helper", "helpers", "common", "manager", "impl"]);
const kebab = /^\.?[a-z0-9]+([-.][a-z0-9]+)*$/;
/** Spelled so that this file does not break its own rule. */
const unfinished = new RegExp(
  `\\b(${["TO", "FIX"].map((start, i) => start + ["DO", "ME"][i]).join("|")})\\b`,
);

/**
 * Checks what can be said of a file by its name, its length and its text.
 *
 * `files` are all text files of the repository; `facts` those of its modules, without gen/ and third_party/.
 */
export function fileViolations({
  files,
  facts,
}: {
  files: readonly TextFile[];
  facts: readonly SourceFacts[];
}): Violation[] {
  const own = files.filter((file) => !isForeign(file.path));
  return [
    ...own.flatMap((file) => [...lengthViolations(file), ...nameViolations(file), ...unfinishedLines(file)]),
    ...facts.filter((file) => !isForeign(file.path)).flatMap((file) => siteViolations(file)),
    ...readmeViolations(own),
    ...handlerViolations({ files: own, facts }),
  ];
}

function lineCount(text: string): number {
  return text.split("\n").length - (text.endsWith("\n") ? 1 : 0);
}

function lengthViolations({ path, text }: TextFile): Violation[] {
  const lines = lineCount(text);
  if (!counted.test(path) || lines <= maxSourceLines) return [];
  return [{ path, message: `has ${lines} lines, more than ${maxSourceLines}: find the two things it is` }];
}

function nameViolations({ path }: TextFile): Violation[] {
  if (!named.test(path)) return [];
  const parts = path.split("/");
  const spelling = parts
    .filter((part) => !kebab.test(part))
    .map((part) => ({ path, message: `"${part}" is not kebab-case` }));
  // camelCase is split as well, so that one bad name is told in full.
  const words = parts.flatMap((part) => part.replace(/([a-z0-9])([A-Z])/g, "$1-$2").split(/[-._]/));
  const empty = words
    .filter((word) => emptyWords.has(word.toLowerCase()))
    .map((word) => ({ path, message: `"${word}" in a name says nothing: name the file for what it does` }));
  return [...spelling, ...empty];
}

function unfinishedLines({ path, text }: TextFile): Violation[] {
  return text.split("\n").flatMap((line, i) => {
    const word = unfinished.exec(line)?.[0];
    return word === undefined ? [] : [{ path, line: i + 1, message: `${word}: finish it, or open an issue` }];
  });
}

function siteViolations({ path, sites }: SourceFacts): Violation[] {
  return sites.flatMap(({ kind, line, detail }) => {
    if (kind === "default-export" && !/\.config\.m?ts$/.test(path)) {
      return [{ path, line, message: `${detail}: export it by name` }];
    }
    if (kind === "held-back-test" && /\.test\.m?ts$/.test(path)) {
      return [{ path, line, message: `${detail}: every test runs` }];
    }
    return [];
  });
}

/** The areas under services/ that hold any file. */
function areasOf(files: readonly TextFile[]): string[] {
  const areas = files.map((file) => /^services\/([^/]+)\/./.exec(file.path)?.[1]);
  return [...new Set(areas.filter((area) => area !== undefined))];
}

function readmeViolations(files: readonly TextFile[]): Violation[] {
  return areasOf(files).flatMap((area) => {
    const path = `services/${area}/README.md`;
    const readme = files.find((file) => file.path === path);
    if (readme === undefined) return [{ path, message: "is missing" }];
    const lines = lineCount(readme.text);
    return lines <= maxReadmeLines
      ? []
      : [{ path, message: `has ${lines} lines, more than ${maxReadmeLines}` }];
  });
}

/** An RPC of the contracts: `GetSKU` → file `get-sku.ts`, function `getSKU` (its name in generated code). */
interface Rpc {
  readonly area: string;
  readonly file: string;
  readonly handler: string;
}

function rpcsOf(files: readonly TextFile[]): Rpc[] {
  return files.flatMap(({ path, text }) => {
    const area = /^proto\/rowlock\/([^/]+)\/.*\.proto$/.exec(path)?.[1];
    if (area === undefined) return [];
    const code = text.replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, "");
    return [...code.matchAll(/\brpc\s+(\w+)\s*\(/g)].map(([, name = ""]) => ({
      area,
      file: `${kebabOf(name)}.ts`,
      handler: name.charAt(0).toLowerCase() + name.slice(1),
    }));
  });
}

/** An acronym is one word, with its plural s: `ListSKUs` → `list-skus`. */
function kebabOf(name: string): string {
  return name
    .replace(/([A-Z])([A-Z]+s)(?![a-z])/g, (_, first: string, rest: string) => first + rest.toLowerCase())
    .replace(/([a-z0-9])([A-Z])/g, "$1-$2")
    .replace(/([A-Z])([A-Z][a-z])/g, "$1-$2")
    .toLowerCase();
}

/** Each RPC of a service's contract has one file under rpc/, which exports its handler and no other RPC's. */
function handlerViolations({
  files,
  facts,
}: {
  files: readonly TextFile[];
  facts: readonly SourceFacts[];
}): Violation[] {
  const rpcs = rpcsOf(files);
  return areasOf(files).flatMap((area) => {
    const mine = rpcs.filter((rpc) => rpc.area === area);
    const inRpc = facts.filter(
      ({ path }) => path.startsWith(`services/${area}/rpc/`) && !/\.test\.m?ts$/.test(path),
    );
    return [
      ...mine.flatMap((rpc) => missingHandler({ rpc, inRpc })),
      ...inRpc.flatMap((file) => strayHandlers({ file, rpcs: mine })),
    ];
  });
}

function missingHandler({ rpc, inRpc }: { rpc: Rpc; inRpc: readonly SourceFacts[] }): Violation[] {
  const homes = inRpc.filter(({ path }) => basename(path) === rpc.file);
  if (homes.length === 0) {
    const path = `services/${rpc.area}/rpc/${rpc.file}`;
    return [{ path, message: `is missing: the contract has an RPC that nothing handles` }];
  }
  return homes
    .filter(({ exports }) => !exports.includes(rpc.handler))
    .map(({ path }) => ({ path, message: `does not export ${rpc.handler}` }));
}

function strayHandlers({ file, rpcs }: { file: SourceFacts; rpcs: readonly Rpc[] }): Violation[] {
  const name = basename(file.path);
  const own = rpcs.find((rpc) => rpc.file === name);
  const unnamed =
    own === undefined
      ? [{ path: file.path, message: "is not named for an RPC of this service: it belongs beside rpc/" }]
      : [];
  const others = rpcs
    .filter((rpc) => rpc !== own && file.exports.includes(rpc.handler))
    .map((rpc) => ({ path: file.path, message: `exports ${rpc.handler}, which belongs in ${rpc.file}` }));
  return [...unnamed, ...others];
}
