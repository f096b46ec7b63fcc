import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** A temporary git repository for the tests of these scripts; nothing of the user's git configuration applies. */
export interface FixtureTree extends AsyncDisposable {
  readonly root: string;
  /** The environment that keeps git to itself. */
  readonly env: NodeJS.ProcessEnv;
  write(files: Readonly<Record<string, string>>): Promise<void>;
  git(...args: string[]): Promise<string>;
  /** Commits everything that is not ignored. */
  commit(message: string): Promise<void>;
}

/** Makes a repository without a commit. Its files are deleted when it is disposed of. */
export async function fixtureTree(files: Readonly<Record<string, string>> = {}): Promise<FixtureTree> {
  const root = await mkdtemp(join(tmpdir(), "rowlock-fixture-"));
  // A test run started by a git hook inherits GIT_DIR and its like: these commands must not reach that repository.
  const outside = Object.entries(process.env).filter(([name]) => !name.startsWith("GIT_"));
  const env = {
    ...Object.fromEntries(outside),
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_AUTHOR_NAME: "Fixture",
    GIT_AUTHOR_EMAIL: "fixture@example.com",
    GIT_COMMITTER_NAME: "Fixture",
    GIT_COMMITTER_EMAIL: "fixture@example.com",
  };
  const tree: FixtureTree = {
    root,
    env,
    async write(contents) {
      for (const [path, text] of Object.entries(contents)) {
        await mkdir(dirname(join(root, path)), { recursive: true });
        await writeFile(join(root, path), text);
      }
    },
    async git(...args) {
      const { stdout } = await run("git", args, { cwd: root, env });
      return stdout;
    },
    async commit(message) {
      await tree.git("add", "--all");
      await tree.git("commit", "--quiet", "--message", message);
    },
    [Symbol.asyncDispose]: () => rm(root, { recursive: true, force: true }),
  };
  await tree.git("init", "--quiet", "--initial-branch=main");
  await tree.write(files);
  return tree;
}
