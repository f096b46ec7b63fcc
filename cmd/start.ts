import process from "node:process";
import { createLog } from "../lib/telemetry/log.ts";
import { printBanner } from "./start/banner.ts";
import { type Config, readConfig } from "./start/config.ts";
import { addDemoCatalog } from "./start/demo-catalog.ts";
import { startShop } from "./start/shop.ts";
import { describeFailure } from "./start/start-failure.ts";

let config: Config | undefined;
try {
  config = readConfig({ args: process.argv.slice(2), env: process.env });
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
  process.stderr.write(`${describeFailure(err, config)}\n`);
  process.exit(1);
}
