import process from "node:process";
import { createSandbox } from "../sandbox.ts";

/** A sandbox in a process of its own, for tests that kill it: `node serve.ts DATA_DIR WEBHOOK_BASE_URL`. */
const [dataDir = ":memory:", webhookBaseUrl = ""] = process.argv.slice(2);
const sandbox = createSandbox({
  dataDir,
  webhookRetryMs: [50, 50, 50],
  ...(webhookBaseUrl !== "" && { webhookBaseUrl }),
});
const { url } = await sandbox.listen({ port: 0 });
process.stdout.write(`${url}\n`);
