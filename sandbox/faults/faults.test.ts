import { expect, test } from "vitest";
import { openSettings } from "../store/settings.ts";
import { openStore } from "../store/store.ts";
import { createFaults } from "./faults.ts";
import { FAULT_KINDS, FaultSettingsError, readFaultSettings } from "./settings.ts";

function open(settings: object = {}) {
  const stored = openSettings(openStore(":memory:"));
  const faults = createFaults({ settings: stored });
  faults.set(readFaultSettings(settings));
  return { faults, stored };
}

const charge = { vendor: "stripe", method: "POST", path: "/v1/payment_intents" } as const;
const label = { vendor: "shippo", method: "POST", path: "/transactions" } as const;

/** What the first `count` requests of a vendor suffer. */
function schedule(settings: object, count = 400, request: typeof charge | typeof label = charge) {
  const { faults } = open(settings);
  return Array.from({ length: count }, () => faults.next(request)?.kind ?? "");
}

test("a seed repeats its schedule, another seed has another", () => {
  const first = schedule({ seed: 7, rate: 0.3 });
  expect(schedule({ seed: 7, rate: 0.3 })).toEqual(first);
  expect(schedule({ seed: 8, rate: 0.3 })).not.toEqual(first);
  expect(new Set(first)).toEqual(new Set(["", ...FAULT_KINDS]));
  const share = first.filter((kind) => kind !== "").length / first.length;
  expect(share).toBeGreaterThan(0.2);
  expect(share).toBeLessThan(0.4);
});

test("a vendor's schedule does not depend on the requests of others", () => {
  const { faults } = open({ seed: 7, rate: 0.3 });
  const mixed = Array.from({ length: 100 }, () => {
    faults.next(label);
    return faults.next(charge)?.kind ?? "";
  });
  expect(mixed).toEqual(schedule({ seed: 7, rate: 0.3 }, 100));
  expect(schedule({ seed: 7, rate: 0.3 }, 100, label)).not.toEqual(mixed);
});

test.each([
  ["no rate", {}, [""]],
  ["all of them", { rate: 1, kinds: ["drop_after"] }, ["drop_after"]],
  ["another vendor", { rate: 1, vendors: ["twilio"] }, [""]],
])("%s", (_, settings, want) => {
  expect([...new Set(schedule(settings, 50))]).toEqual(want);
});

test("rules come first, in order, and are used up", () => {
  const { faults, stored } = open({
    rules: [
      { vendor: "stripe", method: "GET", path: "/v1/", kind: "rate_limited", times: 9 },
      { vendor: "stripe", path: "/v1/payment_intents", kind: "error_after", times: 2 },
      { vendor: "stripe", path: "/v1/", kind: "drop_before" },
    ],
  });
  expect(faults.next(label)).toBeUndefined();
  expect(faults.next(charge)?.kind).toBe("error_after");
  // As after a restart.
  const again = createFaults({ settings: stored });
  expect([1, 2, 3].map(() => again.next(charge)?.kind)).toEqual(["error_after", "drop_before", undefined]);
  expect(again.report().settings.rules).toEqual([expect.objectContaining({ method: "GET", times: 9 })]);
  expect(again.report()).toMatchObject({
    requests: { stripe: 3 },
    faults: { error_after: 1, drop_before: 1 },
  });
});

test("webhooks are doubled, held back and delayed", () => {
  expect(open().faults.webhook()).toEqual([0]);
  expect(open({ webhooks: { duplicate: 1, delayMs: 5 } }).faults.webhook()).toEqual([5, 5]);
  const { faults } = open({ seed: 3, webhooks: { reorder: 0.5 } });
  const delays = Array.from({ length: 200 }, () => faults.webhook()[0] ?? 0);
  expect(delays.every((ms) => ms >= 0 && ms <= 2000)).toBe(true);
  expect(new Set(delays).size).toBeGreaterThan(50);
  expect(faults.report().webhooks).toMatchObject({
    sent: 200,
    duplicated: 0,
    reordered: delays.filter((ms) => ms > 0).length,
  });
});

test.each([
  [null, "body"],
  [[], "body"],
  [{ rates: 1 }, "rates"],
  [{ rate: 1.1 }, "rate"],
  [{ rate: "0.5" }, "rate"],
  [{ seed: -1 }, "seed"],
  [{ seed: 0.5 }, "seed"],
  [{ kinds: [] }, "kinds"],
  [{ kinds: ["explode"] }, "kinds"],
  [{ vendors: "stripe" }, "vendors"],
  [{ latencyMs: 3_600_001 }, "latencyMs"],
  [{ webhooks: { duplicate: 2 } }, "webhooks.duplicate"],
  [{ webhooks: { late: 1 } }, "late"],
  [{ rules: {} }, "rules"],
  [{ rules: [{ vendor: "stripe", path: "v1", kind: "latency" }] }, "rules.0.path"],
  [{ rules: [{ vendor: "stripe", path: "/", kind: "latency", times: 0 }] }, "rules.0.times"],
  [{ rules: [{ vendor: "stripe", path: "/", kind: "latency", method: "get" }] }, "rules.0.method"],
  [{ rules: [{ vendor: "paypal", path: "/", kind: "latency" }] }, "rules.0.vendor"],
])("%j is refused at %s", (value, field) => {
  expect(() => readFaultSettings(value)).toThrow(expect.objectContaining({ field }));
  expect(() => readFaultSettings(value)).toThrow(FaultSettingsError);
});
