import type { FaultReport } from "../faults/faults.ts";
import {
  FAULT_KINDS,
  FAULT_VENDORS,
  type FaultSettings,
  FaultSettingsError,
  NO_FAULTS,
  readFaultSettings,
} from "../faults/settings.ts";
import { parseFlatForm } from "../http/form.ts";
import { json, type Reply } from "../http/message.ts";
import type { InboxContext, Visit } from "./context.ts";
import { type Html, html } from "./html.ts";
import { chip } from "./layout.ts";

const NAMES: Record<(typeof FAULT_VENDORS)[number], string> = {
  stripe: "Stripe",
  shippo: "Shippo",
  sendgrid: "SendGrid",
  twilio: "Twilio",
};

const EXPLAINED: Record<(typeof FAULT_KINDS)[number], string> = {
  error_before: "500, nothing happened",
  error_after: "500, but it happened",
  timeout_before: "silence, nothing happened",
  timeout_after: "silence, but it happened",
  rate_limited: "429",
  drop_before: "connection reset, nothing happened",
  drop_after: "connection reset, but it happened",
  latency: "a late answer",
};

/** A form that switches faults, and what they have done. */
export function faultPage({ faults }: InboxContext): Html {
  const report = faults.report();
  const { settings } = report;
  const percent = (value: number) => String(Math.round(value * 1000) / 10);
  const box = (name: string, value: string, label: Html, checked: boolean) =>
    html`<label class="tick"><input type="checkbox" name="${name}" value="${value}"${checked ? html` checked` : ""}> <span>${label}</span></label>`;
  const number = (
    name: string,
    label: string,
    value: string,
    { max, step = "1" }: { max: number; step?: string },
  ) =>
    html`<label class="field"><span>${label}</span><input type="number" name="${name}" value="${value}" min="0" max="${max}" step="${step}" required></label>`;
  return html`<div class="card faults" data-live="faults">${summary(report)}</div>
    <form class="card faults" method="post" action="/sandbox/faults">
      <h1>Faults on demand</h1>
      <p class="dim small">The vendors fail as often as set here. The same seed gives the same faults to the same order of requests.</p>
      <div class="fields">
        ${number("rate", "Requests that fail, %", percent(settings.rate), { max: 100, step: "0.1" })}
        ${number("seed", "Seed", String(settings.seed), { max: 0xffff_ffff })}
        ${number("latencyMs", "Late by, ms", String(settings.latencyMs), { max: 3_600_000 })}
        ${number("timeoutMs", "Silent for, ms", String(settings.timeoutMs), { max: 3_600_000 })}
      </div>
      <fieldset><legend>What happens</legend>${FAULT_KINDS.map((kind) =>
        box(
          "kinds",
          kind,
          html`${kind.replaceAll("_", " ")}<br><span class="dim small">${EXPLAINED[kind]}</span>`,
          settings.kinds.includes(kind),
        ),
      )}</fieldset>
      <fieldset><legend>To whom</legend>${FAULT_VENDORS.map((vendor) =>
        box("vendors", vendor, html`${NAMES[vendor]}`, settings.vendors.includes(vendor)),
      )}</fieldset>
      <fieldset><legend>Webhooks</legend><div class="fields">
        ${number("duplicate", "Sent twice, %", percent(settings.webhooks.duplicate), { max: 100, step: "0.1" })}
        ${number("reorder", "Out of order, %", percent(settings.webhooks.reorder), { max: 100, step: "0.1" })}
        ${number("delayMs", "Late by, ms", String(settings.webhooks.delayMs), { max: 3_600_000 })}
      </div></fieldset>
      <p class="actions"><button>Apply</button> <button class="plain" name="off" value="1" formnovalidate>Switch off</button></p>
    </form>`;
}

function summary({ settings, requests, faults, webhooks }: FaultReport): Html {
  const on = JSON.stringify(settings) !== JSON.stringify({ ...NO_FAULTS, seed: settings.seed });
  const counts = Object.entries(faults).map(
    ([kind, count]) => html`${chip(`${count} × ${kind.replaceAll("_", " ")}`, "bad")} `,
  );
  const total = Object.values(requests).reduce((sum, count) => sum + count, 0);
  return html`<p>${on ? chip("on", "bad") : chip("off", "good")} <span class="dim small">${total} requests, ${webhooks.duplicated} webhooks sent twice, ${webhooks.reordered} held back${settings.rules.length > 0 && `, ${settings.rules.length} rules waiting`}</span></p>
    ${counts.length > 0 && html`<p>${counts}</p>`}`;
}

/** What a form asked for; rules, which the form does not have, stay. */
export function changeFaults({ faults }: InboxContext, { request }: Visit): Reply {
  const form = parseFlatForm(request.body.toString()) ?? new Map<string, string[]>();
  const back = { status: 303, headers: { location: "/sandbox/faults" } };
  if (form.has("off")) {
    faults.set(NO_FAULTS);
    return back;
  }
  const number = (name: string) => Number(form.get(name)?.[0] ?? 0);
  return (
    set({ faults }, () => ({
      seed: number("seed"),
      rate: number("rate") / 100,
      kinds: form.get("kinds") ?? [],
      vendors: form.get("vendors") ?? [],
      latencyMs: number("latencyMs"),
      timeoutMs: number("timeoutMs"),
      webhooks: {
        duplicate: number("duplicate") / 100,
        reorder: number("reorder") / 100,
        delayMs: number("delayMs"),
      },
      rules: faults.report().settings.rules,
    })) ?? back
  );
}

/** GET, PUT and DELETE of /sandbox/api/faults. */
export function faultApi({ faults }: InboxContext, { request }: Visit): Reply {
  if (request.method === "DELETE") faults.set(NO_FAULTS);
  if (request.method === "PUT") {
    const refused = set({ faults }, () => JSON.parse(request.body.toString()) as unknown);
    if (refused) return refused;
  }
  return json(200, faults.report());
}

function set({ faults }: Pick<InboxContext, "faults">, read: () => unknown): Reply | undefined {
  let settings: FaultSettings;
  try {
    settings = readFaultSettings(read());
  } catch (err) {
    if (err instanceof FaultSettingsError)
      return json(400, { error: { field: err.field, message: err.message } });
    if (err instanceof SyntaxError)
      return json(400, { error: { field: "body", message: "the body is no JSON" } });
    throw err;
  }
  faults.set(settings);
  return undefined;
}
