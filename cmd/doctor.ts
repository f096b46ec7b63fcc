import process from "node:process";
import { examine, type Finding } from "./doctor/examine.ts";
import { type Config, ConfigError, readConfig } from "./start/config.ts";

/** Looks at the configuration and at what it leads to, prints what it finds, and exits with 1 when something is in the way. */
const signs: Record<Finding["level"], string> = { ok: "ok", warning: "note", problem: "WRONG" };

let config: Config | undefined;
try {
  config = readConfig({ args: process.argv.slice(2), env: process.env });
} catch (err) {
  if (!(err instanceof ConfigError)) throw err;
  for (const line of err.message.split("\n")) process.stdout.write(`${signs.problem}  ${line}\n`);
  process.exitCode = 1;
}
if (config !== undefined) {
  const findings = await examine(config);
  for (const { level, subject, text } of findings) {
    process.stdout.write(`${signs[level].padEnd(6)} ${subject.padEnd(15)} ${text}\n`);
  }
  const problems = findings.filter(({ level }) => level === "problem").length;
  process.stdout.write(problems === 0 ? "\nNothing is in the way.\n" : `\n${problems} to be put right.\n`);
  if (problems > 0) process.exitCode = 1;
}
