import { resolve } from "node:path";
import { expect, test } from "vitest";
import { readSdkOptions, SdkRefused } from "./options.ts";

test.each<[string[], NodeJS.ProcessEnv, object, string]>([
  [[], {}, { out: resolve(".rowlock/sdk"), server: "http://127.0.0.1:8080" }, "the defaults"],
  [["--out", "sdk"], { INIT_CWD: "/home/ada" }, { out: "/home/ada/sdk" }, "from where the user stands"],
  [["--out", "/tmp/sdk"], { INIT_CWD: "/home/ada" }, { out: "/tmp/sdk" }, "an absolute folder"],
  [["--server", "https://shop.test/"], {}, { server: "https://shop.test" }, "no slash at the end"],
])("%j with %j: %j, %s", (args, env, want) => {
  expect(readSdkOptions(args, env)).toMatchObject(want);
});

test("the usage may be asked for", () => {
  expect(readSdkOptions(["--help"], {})).toBeUndefined();
});

test.each([[["--server", "shop.test"]], [["--server", "ftp://shop.test"]], [["--what"]], [["folder"]]])(
  "%j is refused",
  (args) => {
    expect(() => readSdkOptions(args, {})).toThrow(SdkRefused);
  },
);
