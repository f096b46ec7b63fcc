import { hash } from "node:crypto";
import type { Settings } from "../store/settings.ts";
import {
  type FaultKind,
  type FaultSettings,
  type FaultVendor,
  NO_FAULTS,
  readFaultSettings,
} from "./settings.ts";

/** What a request is to suffer. `ms` is the delay of `latency` and the silence of `timeout_…`. */
export interface Fault {
  kind: FaultKind;
  ms: number;
}

export interface FaultReport {
  settings: FaultSettings;
  /** Requests since the settings were made, or since the process began. */
  requests: Partial<Record<FaultVendor, number>>;
  /** Faults among them. */
  faults: Partial<Record<FaultKind, number>>;
  webhooks: { sent: number; duplicated: number; reordered: number };
}

export interface Faults {
  /** Decides about a request; called once for each, in the order in which they arrive. */
  next(request: { vendor: FaultVendor; method: string; path: string }): Fault | undefined;
  /** The delays, in milliseconds, after which a webhook is sent: one for each copy. */
  webhook(): readonly number[];
  report(): FaultReport;
  set(settings: FaultSettings): void;
}

const SETTING = "faults";
const REORDER_MS = 2_000;
const AT_ONCE = [0];

/**
 * Faults on demand. Each vendor has a sequence of its own, so that a fault depends on the seed, the vendor and how
 * many requests that vendor had before, not on how the vendors' requests mix. Settings outlive the process; the
 * sequences begin anew with it.
 */
export function createFaults({ settings: stored }: { settings: Settings }): Faults {
  const saved = stored.get(SETTING);
  let settings = saved === undefined ? NO_FAULTS : readFaultSettings(JSON.parse(saved));
  let report = empty();
  /** Most of the time there is nothing to do. */
  let idle = isIdle(settings);

  function empty(): Omit<FaultReport, "settings"> {
    return { requests: {}, faults: {}, webhooks: { sent: 0, duplicated: 0, reordered: 0 } };
  }

  function ruled({ vendor, method, path }: { vendor: FaultVendor; method: string; path: string }) {
    const rule = settings.rules.find(
      (entry) =>
        entry.vendor === vendor && path.startsWith(entry.path) && (entry.method ?? method) === method,
    );
    if (!rule) return undefined;
    const rules = settings.rules.flatMap((entry) =>
      entry !== rule ? [entry] : rule.times > 1 ? [{ ...rule, times: rule.times - 1 }] : [],
    );
    settings = { ...settings, rules };
    stored.set(SETTING, JSON.stringify(settings));
    return rule.kind;
  }

  function drawn(vendor: FaultVendor): FaultKind | undefined {
    const { seed, rate, kinds, vendors } = settings;
    const nth = report.requests[vendor] ?? 0;
    if (rate === 0 || !vendors.includes(vendor) || draw({ seed, stream: vendor, nth }) >= rate)
      return undefined;
    return kinds[Math.floor(draw({ seed, stream: `${vendor} kind`, nth }) * kinds.length)];
  }

  return {
    next(request) {
      if (idle) return undefined;
      const kind = ruled(request) ?? drawn(request.vendor);
      report.requests[request.vendor] = (report.requests[request.vendor] ?? 0) + 1;
      if (kind === undefined) return undefined;
      report.faults[kind] = (report.faults[kind] ?? 0) + 1;
      return { kind, ms: kind === "latency" ? settings.latencyMs : settings.timeoutMs };
    },
    webhook() {
      if (idle) return AT_ONCE;
      const { seed, webhooks } = settings;
      const nth = report.webhooks.sent++;
      const late = draw({ seed, stream: "reorder", nth }) < webhooks.reorder;
      const twice = draw({ seed, stream: "duplicate", nth }) < webhooks.duplicate;
      if (late) report.webhooks.reordered += 1;
      if (twice) report.webhooks.duplicated += 1;
      const ms = webhooks.delayMs + (late ? Math.ceil(draw({ seed, stream: "delay", nth }) * REORDER_MS) : 0);
      return twice ? [ms, ms] : [ms];
    },
    report: () => ({ settings, ...report }),
    set(changed) {
      settings = changed;
      report = empty();
      idle = isIdle(settings);
      stored.set(SETTING, JSON.stringify(settings));
    },
  };
}

function isIdle({ rate, rules, webhooks }: FaultSettings): boolean {
  const { duplicate, reorder, delayMs } = webhooks;
  return rate === 0 && rules.length === 0 && duplicate === 0 && reorder === 0 && delayMs === 0;
}

/**
 * The nth number of a sequence, even in [0, 1). A hash of the position is a generator without state: SHA-256 in
 * counter mode, as Hash_DRBG in NIST SP 800-90A generates.
 */
export function draw({ seed, stream, nth }: { seed: number; stream: string; nth: number }): number {
  return Number.parseInt(hash("sha256", `${seed} ${stream} ${nth}`).slice(0, 12), 16) / 2 ** 48;
}
