import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["{lib,services,gateway,legacy,sandbox,cmd,bench,scripts,test}/**/*.test.ts"],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
    globalSetup: "./lib/testing/global-setup.ts",
    // .ci/run reads its closing line from the report.
    reporters: process.env.CI
      ? ["default", ["json", { outputFile: "node_modules/.cache/rowlock/tests.json" }]]
      : ["default"],
  },
});
