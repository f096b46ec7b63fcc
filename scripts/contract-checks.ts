import { mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type CommandResult, runCommand } from "./run-command.ts";
import { diffTrees } from "./tree-diff.ts";

/** The repository's root and an environment whose PATH finds git, tar, buf and Node 24. */
export interface Workplace {
  readonly root: string;
  readonly env: NodeJS.ProcessEnv;
}

/** Generates into a temporary folder, since `clean: true` empties the one it writes to, and compares with gen/. */
export async function checkGenerated({ root, env }: Workplace): Promise<CommandResult> {
  await using temporary = await temporaryFolder();
  const generated = await runCommand({
    command: "buf",
    args: ["generate", "--output", temporary.path],
    cwd: root,
    env,
  });
  if (!generated.ok) return generated;
  const lines = await diffTrees({ expected: join(temporary.path, "gen"), actual: join(root, "gen") });
  if (lines.length === 0) return { ok: true, output: "" };
  const output = `${lines.map((line) => `gen/${line}`).join("\n")}\nRun \`npm run generate\` and commit gen/.\n`;
  return { ok: false, output };
}

/** A commit message that has a line `Contract-Break: <why>` breaks clients knowingly. */
const breakTrailer = "Contract-Break";

/**
 * Refuses contracts that old clients cannot talk to. The base is the last commit while proto/ has changes that are
 * not committed, otherwise the parent of the last commit that changed proto/: so a break is found before it is
 * committed and also by who checks the commit out. The contracts under rowlock/testing bind nobody.
 */
export async function checkBreaking(workplace: Workplace): Promise<CommandResult> {
  const base = await breakingBase(workplace);
  if ("none" in base) return { ok: true, output: base.none };

  const { root, env } = workplace;
  await using temporary = await temporaryFolder();
  const archive = join(temporary.path, "base.tar");
  const paths = ["proto", "third_party/proto", "buf.yaml", ":(exclude)proto/rowlock/testing"];
  const steps: [command: string, ...args: string[]][] = [
    ["git", "archive", "--output", archive, base.commit, ...paths],
    ["tar", "-xf", archive, "-C", temporary.path],
    ["buf", "breaking", "proto", "--against", join(temporary.path, "proto")],
  ];
  // buf.yaml names a module inside node_modules.
  await symlink(join(root, "node_modules"), join(temporary.path, "node_modules"));
  for (const [command, ...args] of steps) {
    const result = await runCommand({ command, args, cwd: root, env });
    if (!result.ok) {
      const advice = `Compared with ${base.commit}. A break that is meant is committed with a line "${breakTrailer}: <why>" at the end of the message.\n`;
      return { ok: false, output: result.output + advice };
    }
  }
  return { ok: true, output: `against ${base.commit.slice(0, 12)}` };
}

async function breakingBase({ root, env }: Workplace): Promise<{ commit: string } | { none: string }> {
  const git = (...args: string[]) => runCommand({ command: "git", args, cwd: root, env });
  const line = async (...args: string[]) => {
    const { ok, output } = await git(...args);
    return ok ? output.trim() : "";
  };
  const has = async (commit: string) =>
    (await line("ls-tree", "--name-only", commit, "proto", "buf.yaml")) !== "";

  const head = await line("rev-parse", "--verify", "--quiet", "HEAD");
  if (head === "") return { none: "no commit to compare with" };
  if ((await line("status", "--porcelain", "--", "proto")) !== "") {
    return (await has("HEAD")) ? { commit: head } : { none: "no contracts in the last commit" };
  }
  const last = await line("log", "-1", "--format=%H", "--", "proto");
  const why = await line("log", "-1", `--format=%(trailers:key=${breakTrailer},valueonly)`, last || "HEAD");
  if (why !== "") return { none: `a break that was meant: ${why}` };
  const parent = await line("rev-parse", "--verify", "--quiet", `${last}^`);
  if (last === "" || parent === "" || !(await has(parent))) return { none: "no earlier contracts" };
  return { commit: parent };
}

async function temporaryFolder(): Promise<{ path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), "rowlock-check-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}
