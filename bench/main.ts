import process from "node:process";
import { benchGateway } from "./gateway/bench-gateway.ts";
import { benchInventory } from "./inventory/bench-inventory.ts";
import { benchJourney } from "./journey/bench-journey.ts";

const benches: Record<string, (args: string[]) => Promise<void>> = {
  gateway: benchGateway,
  inventory: benchInventory,
  journey: benchJourney,
};

const [name = "", ...args] = process.argv.slice(2);
const bench = benches[name];
if (bench === undefined) {
  process.stderr.write(
    `usage: npm run bench -- NAME [OPTIONS]\nbenchmarks: ${Object.keys(benches).join(", ")}\n`,
  );
  process.exit(2);
}
await bench(args);
