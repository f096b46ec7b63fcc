import type { Writable } from "node:stream";
import type { Config } from "./config.ts";
import type { Shop } from "./shop.ts";

/** Prints where everything is, and last a line that says the process is ready. */
export function printBanner({ config, shop, out }: { config: Config; shop: Shop; out: Writable }): void {
  const { httpUrl, grpcAddress, sandboxUrl, played, secrets } = shop;
  const rest = config.parts.includes("gateway");
  // Only the sandbox has neither data nor keys.
  const services = config.parts.some((part) => part !== "sandbox");
  const lines: [string, string][] = [
    ["Parts", config.parts.join(" ")],
    ...(rest
      ? ([
          ["REST", `${httpUrl}/v1`],
          ["Docs", `${httpUrl}/docs`],
        ] as [string, string][])
      : []),
    ["gRPC", grpcAddress],
    ["Connect", httpUrl],
  ];
  if (services) {
    lines.push([
      "Postgres",
      shop.databaseIsEmbedded ? `embedded, in ${config.dataDir}/postgres` : "DATABASE_URL",
    ]);
  }
  if (sandboxUrl !== undefined) {
    lines.push(["Inbox", `${sandboxUrl}/sandbox`]);
    lines.push(["Sandbox", `plays ${played.join(", ")}: no real money, parcel or message`]);
  }
  if (secrets.staffKeyIsNew) lines.push(["Staff key", `${secrets.staffKey}  (shown once)`]);
  if (services && config.staffKey === "") lines.push(["", `staff key kept in ${config.dataDir}/staff-key`]);
  out.write(
    `\n${lines.map(([name, value]) => `  ${name.padEnd(10)} ${value}`).join("\n")}\n\nRowlock is ready.\n`,
  );
}
