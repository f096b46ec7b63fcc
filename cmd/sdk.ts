import process from "node:process";
import { makeSdk } from "./sdk/make-sdk.ts";
import { readSdkOptions, SdkRefused, usage } from "./sdk/options.ts";

try {
  const options = readSdkOptions(process.argv.slice(2), process.env);
  const lines = options === undefined ? [usage] : await makeSdk(options);
  process.stdout.write(`${lines.join("\n")}\n`);
} catch (err) {
  if (!(err instanceof SdkRefused)) throw err;
  process.stderr.write(`${err.message}\n`);
  process.exitCode = 2;
}
