import { readFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import type { Check } from "./check-runner.ts";
import { checkBreaking, checkGenerated } from "./contract-checks.ts";
import { checkKeys } from "./contract-keys.ts";
import { fileViolations } from "./file-rules.ts";
import { importViolations } from "./import-rules.ts";
import { type CommandResult, runCommand } from "./run-command.ts";
import { readFacts, type SourceFacts } from "./source-facts.ts";
import { formatViolations, isForeign, readTree, type TextFile, type Violation } from "./source-files.ts";

interface Tree {
  readonly files: readonly TextFile[];
  readonly facts: readonly SourceFacts[];
}

/**
 * All checks of the repository at `root`, the slow ones first, so that two lanes end together. None of them changes
 * the work tree. The tools come from `root`/node_modules.
 */
export function checksOf({
  root,
  env: given,
}: {
  root: string;
  env: Readonly<NodeJS.ProcessEnv>;
}): readonly Check[] {
  const path = [join(root, "node_modules/.bin"), given.PATH ?? ""].join(delimiter);
  const env = { ...given, PATH: path, NO_COLOR: "1" };
  const tool =
    (command: string, ...args: string[]) =>
    () =>
      runCommand({ command, args, cwd: root, env });
  let tree: Promise<Tree> | undefined;
  // Both kinds of rules read the same tree, once.
  const sharedTree = () => (tree ??= readModules(root));

  return [
    { name: "generated", run: () => checkGenerated({ root, env }) },
    { name: "types", run: tool("tsc", "--noEmit", "-p", ".") },
    { name: "lint", run: tool("oxlint", "--type-aware", "--deny-warnings") },
    { name: "breaking", run: () => checkBreaking({ root, env }) },
    { name: "format", run: tool("biome", "check", "--error-on-warnings") },
    { name: "proto-lint", run: tool("buf", "lint") },
    { name: "proto-format", run: tool("buf", "format", "--diff", "--exit-code", "proto") },
    { name: "proto-keys", run: () => checkKeys({ root, env }) },
    { name: "imports", run: async () => checkImports({ root, tree: await sharedTree() }) },
    { name: "files", run: async () => verdict(fileViolations(await sharedTree())) },
  ];
}

async function readModules(root: string): Promise<Tree> {
  const files = await readTree(root);
  const modules = files.filter(({ path }) => /\.(m?ts|m?js)$/.test(path) && !isForeign(path));
  return { files, facts: modules.map(readFacts) };
}

async function checkImports({ root, tree }: { root: string; tree: Tree }): Promise<CommandResult> {
  const manifest = JSON.parse(await readFile(join(root, "package.json"), "utf8")) as Record<string, object>;
  const names = (section: string) => new Set(Object.keys(manifest[section] ?? {}));
  const packages = { dependencies: names("dependencies"), devDependencies: names("devDependencies") };
  return verdict(importViolations({ files: tree.facts, packages }));
}

function verdict(violations: readonly Violation[]): CommandResult {
  return { ok: violations.length === 0, output: formatViolations(violations) };
}
