import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { type CodeBlock, extractBlocks } from "../../scripts/readme-commands.ts";

/** Commands that a document tells its reader to paste, and what it says they print. */
export interface Step {
  commands: CodeBlock;
  /** The `text` block that follows; undefined when there is none. */
  prints: CodeBlock | undefined;
}

/** The blocks marked `sh test`, each with the `text` block behind it. */
export function readSteps(markdown: string): Step[] {
  const blocks = extractBlocks(markdown);
  return blocks.flatMap((commands, i) => {
    if (commands.language !== "sh" || commands.info !== "test") return [];
    const next = blocks[i + 1];
    return [{ commands, prints: next?.language === "text" ? next : undefined }];
  });
}

/** What the steps printed, each on its own, as far as they got. */
export interface Session {
  outputs: string[];
  /** 0, or the status of the command that failed in the step after the last complete one. */
  status: number | null;
}

/** Separates the steps' outputs; no command prints it. */
const mark = "--- end of step ---";

/**
 * Pastes the steps into one POSIX shell, as a reader does: what one sets, the next sees. Stops at the
 * first command that fails, and after `timeoutMs`. Standard error is part of the output.
 */
export async function runSteps({
  steps,
  cwd,
  env,
  timeoutMs,
}: {
  steps: readonly Step[];
  cwd: string;
  env: NodeJS.ProcessEnv;
  timeoutMs: number;
}): Promise<Session> {
  const script = steps.map(({ commands }) => `${commands.text}echo '${mark}'\n`).join("");
  const shell = spawn("sh", ["-ec", `exec 2>&1\n${script}`], {
    cwd,
    env,
    stdio: ["ignore", "pipe", "ignore"],
    timeout: timeoutMs,
  });
  const [output, [status]] = await Promise.all([text(shell.stdout), once(shell, "exit")]);
  // The text behind the last mark is empty, or that of the step that failed.
  const outputs = output.split(`${mark}\n`);
  return { outputs: status === 0 ? outputs.slice(0, -1) : outputs, status: status as number | null };
}

/**
 * Whether a document's sample says what was printed: line by line the same, except that `…` stands for
 * any text within a line and, alone in one, for any number of lines.
 */
export function showsOutput(sample: string, output: string): boolean {
  const lines = sample.replace(/\n$/, "").split("\n");
  const pattern = lines.map((line) =>
    line.trim() === "…" ? "(?:.*\\n)*?" : `${line.split("…").map(escapePattern).join(".*")}\\n`,
  );
  return new RegExp(`^${pattern.join("")}$`).test(output);
}

function escapePattern(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
}
