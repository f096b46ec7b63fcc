import { randomBytes } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Config } from "./config.ts";
import { listOf } from "./sign-in-config.ts";

/** The installation's own secrets. */
export interface Secrets {
  /** Opens the staff RPCs. */
  staffKey: string;
  /** Whether the staff key was made just now, and so has to be shown. */
  staffKeyIsNew: boolean;
  /** Shared by all processes: signs principals, derives the carts' tokens, the sessions' and the API keys' secrets. */
  serviceKey: string;
  /** What was, or will be, the service key: they verify, and make nothing new. */
  otherServiceKeys: readonly string[];
}

/** For a process without services, which signs and checks nothing: keeps nothing, and none is shown. */
export function noSecrets(): Secrets {
  return { staffKey: newSecret(), staffKeyIsNew: false, serviceKey: newSecret(), otherServiceKeys: [] };
}

/** The secrets of the environment, or those kept in the data folder; made on the first start. */
export async function readSecrets({
  dataDir,
  staffKey,
  serviceKey,
}: Pick<Config, "dataDir" | "staffKey" | "serviceKey">): Promise<Secrets> {
  const staff =
    staffKey === "" ? await keep(dataDir, "staff-key", "rlk_") : { value: staffKey, isNew: false };
  const [first, ...others] = listOf(serviceKey);
  return {
    staffKey: staff.value,
    staffKeyIsNew: staff.isNew,
    serviceKey: first ?? (await keep(dataDir, "service-key", "")).value,
    otherServiceKeys: others,
  };
}

/**
 * Reads a secret from a file that only its owner may read, making it when there
 * is none. The file is created exclusively, so of two processes that start at
 * once one makes the secret and the other reads it.
 */
async function keep(
  dataDir: string,
  name: string,
  prefix: string,
): Promise<{ value: string; isNew: boolean }> {
  const path = join(dataDir, name);
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const made = prefix + newSecret();
  try {
    await writeFile(path, `${made}\n`, { flag: "wx", mode: 0o600 });
    return { value: made, isNew: true };
  } catch (err) {
    if ((err as NodeJS.ErrnoException).code !== "EEXIST") throw err;
    return { value: (await readFile(path, "utf8")).trim(), isNew: false };
  }
}

function newSecret(): string {
  return randomBytes(32).toString("base64url");
}
