import { expect } from "vitest";
import type { FaultSettings } from "../../sandbox/faults/settings.ts";
import type { TestShop } from "./shop.ts";

type Sandbox = Pick<TestShop, "sandboxUrl">;

/** What the sandbox shows of a label. */
export interface SandboxLabel {
  id: string;
  status: string;
  /** The shop's id of the shipment. */
  metadata: string;
  tracking_number: string | null;
}

/** What the sandbox shows of a payment; amounts in minor units. */
export interface SandboxPayment {
  id: string;
  status: string;
  metadata: Record<string, string>;
  amount_captured: number;
  amount_refunded: number;
}

/** All that the sandbox has of a kind, or what of it goes to one address or number. */
export async function readSandbox<Item>(
  { sandboxUrl }: Sandbox,
  kind: "emails" | "messages" | "labels" | "payments" | "webhooks",
  to?: string,
): Promise<Item[]> {
  const query = new URLSearchParams({ limit: "5000", ...(to !== undefined && { to }) });
  const response = await fetch(`${sandboxUrl}/sandbox/api/${kind}?${query.toString()}`);
  const { items, more } = (await response.json()) as { items: Item[]; more: boolean };
  expect(more).toBe(false);
  return items;
}

/** Plays the carrier: a parcel is at a new place, of which the shop is told. */
export async function moveParcel(
  { sandboxUrl }: Sandbox,
  { id }: Pick<SandboxLabel, "id">,
  status: "TRANSIT" | "DELIVERED",
): Promise<void> {
  const body = JSON.stringify({ status });
  const moved = await fetch(`${sandboxUrl}/sandbox/api/labels/${id}/track`, { method: "POST", body });
  expect(moved.status).toBe(200);
}

/** Makes the vendors misbehave; without settings they behave. */
export async function setFaults({ sandboxUrl }: Sandbox, faults: Partial<FaultSettings> = {}): Promise<void> {
  const body = JSON.stringify(faults);
  expect((await fetch(`${sandboxUrl}/sandbox/api/faults`, { method: "PUT", body })).status).toBe(200);
}
