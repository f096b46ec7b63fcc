import { spawn } from "node:child_process";

/** How a command ended: `ok` when it exited with 0; `output` is stdout and stderr as they came. */
export interface CommandResult {
  readonly ok: boolean;
  readonly output: string;
}

/** Runs a program without a shell and keeps what it prints. A program that cannot be started is a failure. */
export function runCommand({
  command,
  args,
  cwd,
  env,
}: {
  command: string;
  args: readonly string[];
  cwd: string;
  env: NodeJS.ProcessEnv;
}): Promise<CommandResult> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
    const chunks: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => chunks.push(chunk));
    const output = () => Buffer.concat(chunks).toString("utf8");
    child.on("error", (err) => resolve({ ok: false, output: `${output()}${command}: ${err.message}\n` }));
    child.on("close", (code, signal) => {
      const ending = signal === null ? "" : `${command} was ended by ${signal}\n`;
      resolve({ ok: code === 0, output: output() + ending });
    });
  });
}
