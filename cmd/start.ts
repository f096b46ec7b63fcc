import process from "node:process";
import { createLog } from "../lib/telemetry/log.ts";
import { printBanner } from "./start/banner.ts";
import { ConfigError, readConfig } from "./start/config.ts";
import { addDemoCatalog } from "./start/demo-catalog.ts";
import { startShop } from "./start/shop.ts";

try {
  const config = readConfig({ args: process.argv.slice(2), env: process.env });
  const log = createLog({ level: config.logLevel, pretty: process.stdout.isTTY });
  const shop = await startShop({ config, log });
  const stop = async () => {
    await shop[Symbol.asyncDispose]();
    process.exit(0);
  };
  process.once("SIGTERM", () => void stop());
  process.once("SIGINT", () => void stop());
  if (config.demo && config.parts.includes("catalog") && config.parts.includes("inventory")) {
    await addDemoCatalog(shop.network);
  }
  printBanner({ config, shop, out: process.stdout });
} catch (err) {
  process.stderr.write(`${err instanceof ConfigError ? err.message : (err as Error).stack}\n`);
  process.exit(1);
}
