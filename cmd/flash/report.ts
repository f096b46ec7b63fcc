import type { Buyer } from "./buyer.ts";
import type { Facts } from "./facts.ts";
import { type Measurements, percentile } from "./measurements.ts";
import type { FlashOptions } from "./options.ts";
import { countOutcomes } from "./sale.ts";
import { type Check, unitsSold } from "./verify.ts";

/** What a sale came to, besides the facts that were checked. */
export interface Result {
  options: FlashOptions;
  facts: Facts;
  checks: readonly Check[];
  measurements: Measurements;
  saleSeconds: number;
  restSeconds: number;
  kills: { services: number; postgres: number; sandbox: number };
  deaths: ReadonlyMap<string, number>;
}

/** Examples printed of each check that failed. */
const examples = 5;

/** How many violations there are in all. */
export function countViolations(checks: readonly Check[]): number {
  return checks.reduce((sum, { violations }) => sum + violations.length, 0);
}

/** The report as text, the violations last. */
export function report(result: Result): string {
  const { options, facts, checks, measurements, saleSeconds } = result;
  const total = countViolations(checks);
  return [
    "",
    table(outcomeRows(result)),
    "",
    table([
      ["step", "requests", "p50", "p95", "p99", "slowest"],
      ...[...measurements.times].map(([step, times]) => {
        const sorted = [...times].sort((a, b) => a - b);
        const values = [0.5, 0.95, 0.99, 1].map((p) => `${percentile(sorted, p).toFixed(1)} ms`);
        return [step, String(times.length), ...values];
      }),
    ]),
    "",
    ...(measurements.failures.size === 0
      ? []
      : [table([["broke off", "times"], ...pairs(measurements.failures)]), ""]),
    table([
      ["what must hold", "checked", "violations"],
      ...checks.map(({ name, checked, violations }) => [name, String(checked), String(violations.length)]),
    ]),
    ...checks
      .filter(({ violations }) => violations.length > 0)
      .flatMap(({ name, violations }) => [
        "",
        `VIOLATED: ${name}`,
        ...violations.slice(0, examples).map((line) => `  ${line}`),
        ...(violations.length > examples ? [`  … and ${violations.length - examples} more`] : []),
      ]),
    "",
    `${soldUnits(facts)} of ${options.units * options.skus} units sold in ${saleSeconds.toFixed(1)} s, ${total} violations. Seed ${options.seed}.`,
    "",
  ].join("\n");
}

function outcomeRows(result: Result): string[][] {
  const { options, facts, measurements, saleSeconds, restSeconds, kills, deaths } = result;
  const { buyers, orders } = facts;
  const outcomes = countOutcomes(buyers);
  const count = (name: string) => String(outcomes.get(name) ?? 0);
  const bought = orders.filter(({ state }) => state === "PAID" || state === "FULFILLED").length;
  const rows = [
    ["buyers", String(buyers.length)],
    ["sold", `${bought} orders, ${soldUnits(facts)} of ${options.units * options.skus} units`],
    ["refused (out of stock)", count("refused")],
    ["declined", count("declined")],
    ["abandoned", count("abandoned")],
    ["canceled", count("canceled")],
    ["transfers rejected", count("rejected")],
    ["too late (hold expired)", count("expired")],
    ["not answered", String((outcomes.get("unanswered") ?? 0) + (outcomes.get("confused") ?? 0))],
    ["duplicates absorbed", `${measurements.repetitions} requests and ${repeatedWebhooks(facts)} webhooks`],
    ["orders a second", (orders.length / saleSeconds).toFixed(1)],
    ["requests a second", (measurements.requests / saleSeconds).toFixed(1)],
    ["came to rest after", `${restSeconds.toFixed(1)} s`],
  ];
  if (options.faults) {
    rows.push(
      ["kills", `${kills.services} of services, ${kills.postgres} of Postgres`],
      ["sandbox faults", String(kills.sandbox)],
      ["recovered", `${countRecovered(facts)} orders finished after a process or an answer was lost`],
    );
  }
  for (const [name, times] of deaths) rows.push([`${name} ended by itself`, `${times} times`]);
  return rows;
}

function soldUnits({ orders }: Facts): number {
  const bought = orders.filter(({ state }) => state === "PAID" || state === "FULFILLED");
  return [...unitsSold(bought).values()].reduce((sum, units) => sum + units, 0);
}

/** Orders that were fulfilled although a call of their buyer, or a job of theirs, broke off and had to be repeated. */
function countRecovered({ buyers, orders, retriedOrders }: Facts): number {
  const interrupted = buyers.filter((buyer: Buyer) => buyer.interrupted).map(({ orderId }) => orderId);
  const touched = new Set<string | undefined>([...interrupted, ...retriedOrders]);
  return orders.filter(({ id, state }) => state === "FULFILLED" && touched.has(id)).length;
}

function repeatedWebhooks({ webhooks }: Facts): number {
  return webhooks.reduce((sum, { repeated }) => sum + repeated, 0);
}

function pairs(counts: ReadonlyMap<string, number>): string[][] {
  return [...counts].sort(([, a], [, b]) => b - a).map(([name, times]) => [name, String(times)]);
}

function table(rows: readonly string[][]): string {
  const widths: number[] = [];
  for (const row of rows) row.forEach((cell, i) => (widths[i] = Math.max(widths[i] ?? 0, cell.length)));
  const twoColumns = widths.length === 2;
  return rows
    .map((row) =>
      row
        .map((cell, i) =>
          i === 0 ? cell.padEnd(widths[0] ?? 0) : twoColumns ? cell : cell.padStart(widths[i] ?? 0),
        )
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
