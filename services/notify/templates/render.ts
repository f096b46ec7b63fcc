import { oneLine } from "../../../lib/one-line.ts";
import type { Parts, partNames } from "./defaults.ts";
import { markup, plain, renderWith, type Variables } from "./liquid.ts";

/** The longest subject, and the longest text that Twilio takes. */
const maxSubject = 200;
const maxSms = 1600;

/** The message that templates come to; `sms` is empty where they have none. @throws TemplateFailure */
export function render(parts: Parts, variables: Variables): Parts {
  // Nothing in a subject may begin a header of its own.
  const subject = oneLine(renderPart("subject", parts.subject, variables)).slice(0, maxSubject);
  const sms = parts.sms === "" ? "" : oneLine(renderPart("sms", parts.sms, variables));
  return {
    subject,
    html: renderPart("html", parts.html, variablesOf("html", variables, subject)),
    text: renderPart("text", parts.text, variablesOf("text", variables, subject)),
    sms: sms.length <= maxSms ? sms : `${sms.slice(0, maxSms - 3)}...`,
  };
}

/** What a part may read: those of an e-mail also know its subject. */
export function variablesOf(part: keyof Parts, variables: Variables, subject: string): Variables {
  return part === "html" || part === "text" ? { ...variables, subject } : variables;
}

/** One part of a message. @throws TemplateFailure, also when nothing is left of it */
function renderPart(part: keyof Parts, template: string, variables: Variables): string {
  let rendered: string;
  try {
    rendered = renderWith(part === "html" ? markup : plain, template, variables);
  } catch (err) {
    throw failureOf(part, err);
  }
  if (rendered.trim() === "") throw new TemplateFailure({ part, line: 1, problem: "nothing is left of it" });
  return rendered;
}

/** Where a template is wrong, and why. */
export interface Flaw {
  part: (typeof partNames)[number];
  /** From 1. */
  line: number;
  problem: string;
}

/** A template that cannot be rendered. */
export class TemplateFailure extends Error {
  override readonly name = "TemplateFailure";
  readonly flaw: Flaw;
  constructor(flaw: Flaw) {
    super(`${flaw.part}, line ${flaw.line}: ${flaw.problem}`);
    this.flaw = flaw;
  }
}

/** What liquidjs says is wrong. Its errors end with the place. */
export function failureOf(part: Flaw["part"], err: unknown): TemplateFailure {
  if (!(err instanceof Error)) throw err;
  const [, problem = err.message, line = "1"] = /^(.*?), line:(\d+), col:\d+/s.exec(err.message) ?? [];
  return new TemplateFailure({ part, line: Number(line), problem });
}
