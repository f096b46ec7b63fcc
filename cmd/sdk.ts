import process from "node:process";
import { makeSdk } from "./sdk/make-sdk.ts";
import { readSdkOptions, SdkRefused, usage } from "./sdk/options.ts";

try {
  const options = readSdkOptions(process.argv.slice(2), process.env);
  const lines = options === undefined ? [usage] : await makeSdk(options);
  process.stdout.write(`${lines.join("\n")}\n`);
} catch (err) {
  const missing = (err as NodeJS.ErrnoException).code?.endsWith("MODULE_NOT_FOUND");
  if (!missing && !(err instanceof SdkRefused)) throw err;
  const hint = missing ? "The SDK is made with development dependencies: npm ci\n" : "";
  process.stderr.write(`${(err as Error).message}\n${hint}`);
  process.exitCode = 2;
}
