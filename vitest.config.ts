import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["{lib,services,gateway,legacy,sandbox,cmd,bench,scripts,test}/**/*.test.ts"],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
  },
});
