import process from "node:process";
import { runImport } from "./import/run-import.ts";

process.exitCode = await runImport({
  args: process.argv.slice(2),
  env: process.env,
  stdout: process.stdout,
  stderr: process.stderr,
});
