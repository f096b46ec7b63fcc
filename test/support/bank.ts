import { expect } from "vitest";
import type { TestShop } from "./shop.ts";

/** The bank's page for 3-D Secure, in another window: the buyer says yes or no. */
export async function answerBank(page: string, outcome: "authorise" | "fail"): Promise<void> {
  const body = new URLSearchParams({ outcome });
  expect((await fetch(page, { method: "POST", body, redirect: "manual" })).status).toBe(303);
}

/** A bank's statement, imported by staff: amounts in minor units of USD, by what the transfers mention. */
export async function importStatement(
  { httpUrl, staff }: Pick<TestShop, "httpUrl" | "staff">,
  ...rows: [number, string][]
): Promise<Record<string, unknown>[]> {
  const lines = rows.map(([amount, reference]) => `2026-11-21,${(amount / 100).toFixed(2)},USD,${reference}`);
  const response = await fetch(`${httpUrl}/v1/payments:importStatement`, {
    method: "POST",
    headers: { authorization: `Bearer ${staff}`, "content-type": "text/csv" },
    body: ["date,amount,currency,reference", ...lines].join("\n"),
  });
  expect(response.status).toBe(200);
  return ((await response.json()) as { rows: Record<string, unknown>[] }).rows;
}
