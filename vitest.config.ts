import { defineConfig } from "vitest/config";
import { LongestFirst } from "./lib/testing/longest-first.ts";

export default defineConfig({
  test: {
    include: ["{lib,services,gateway,legacy,sandbox,cmd,bench,scripts,test}/**/*.test.ts"],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
    // A worker loads the program once, not for each file: no module keeps what one test leaves to another.
    isolate: false,
    sequence: { sequencer: LongestFirst },
    globalSetup: "./lib/testing/global-setup.ts",
    // .ci/run reads its closing line from the report.
    reporters: process.env.CI
      ? ["default", ["json", { outputFile: "node_modules/.cache/rowlock/tests.json" }]]
      : ["default"],
  },
});
