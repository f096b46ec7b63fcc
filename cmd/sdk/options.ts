import { resolve } from "node:path";
import { parseArgs } from "node:util";

export interface SdkOptions {
  /** Absolute path of the folder. */
  out: string;
  /** Where the API is served, without a slash at the end. */
  server: string;
}

/** The command cannot go on as it was called; the message is for the user. */
export class SdkRefused extends Error {
  override readonly name = "SdkRefused";
}

export const usage = `Usage: npm run sdk -- [--out FOLDER] [--server URL]

Writes what clients of the REST API are made with, from the contracts; the shop need not run:
openapi.json, postman.json (a Postman collection), and client.ts with its package.json, a typed
client for fetch. Files of these names are overwritten.

  --out      the folder, made when it is not there (default .rowlock/sdk)
  --server   where the API is served (default http://127.0.0.1:8080)`;

/**
 * Answers undefined when the user asks for the usage.
 *
 * @throws SdkRefused when the arguments make no SDK.
 */
export function readSdkOptions(args: readonly string[], env: NodeJS.ProcessEnv): SdkOptions | undefined {
  const values = parse(args);
  if (values.help === true) return undefined;
  const server = values.server ?? "http://127.0.0.1:8080";
  if (!URL.canParse(server) || !/^https?:$/.test(new URL(server).protocol)) {
    throw new SdkRefused(`--server: ${JSON.stringify(server)} is no http(s) address`);
  }
  return {
    // npm starts the command in the project's folder; the user named the other from where they stand.
    out: values.out === undefined ? resolve(".rowlock/sdk") : resolve(env.INIT_CWD ?? ".", values.out),
    server: server.replace(/\/+$/, ""),
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: { out: { type: "string" }, server: { type: "string" }, help: { type: "boolean" } },
    }).values;
  } catch (err) {
    throw new SdkRefused(`${(err as Error).message}\n\n${usage}`);
  }
}
