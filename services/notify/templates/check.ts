import type { Template } from "liquidjs";
import { isOrder, type Parts, partNames } from "./defaults.ts";
import type { TemplateEvent } from "./events.ts";
import { markup, plain, type Variables } from "./liquid.ts";
import { type Flaw, failureOf, render, TemplateFailure, variablesOf } from "./render.ts";
import { everythingOf, trialsOf } from "./samples.ts";
import type { Manner } from "./view.ts";

/**
 * What is wrong with a merchant's templates, those that are empty left out; undefined when nothing is. What is right
 * here renders for every order: it reads only what there always is, and was tried with orders of each shape.
 */
export function flawOf(
  event: TemplateEvent,
  { given, whole, manner }: { given: Parts; whole: Parts; manner: Manner },
): Flaw | undefined {
  try {
    if (given.sms !== "" && !isOrder(event)) {
      throw new TemplateFailure({ part: "sms", line: 1, problem: "this is told by e-mail alone" });
    }
    const known = everythingOf(event, manner);
    for (const part of partNames) {
      if (given[part] === "") continue;
      requireKnown(part, parse(part, given[part]), variablesOf(part, known, "subject"));
      if (part === "html") requireHarmless(given.html);
    }
    for (const variables of trialsOf(event, manner)) render(whole, variables);
    return undefined;
  } catch (err) {
    if (err instanceof TemplateFailure) return err.flaw;
    throw err;
  }
}

function parse(part: Flaw["part"], template: string): Template[] {
  try {
    return (part === "html" ? markup : plain).parse(template);
  } catch (err) {
    throw failureOf(part, err);
  }
}

/** Also where no sample leads: a name that is not known is a slip of the pen. */
function requireKnown(part: Flaw["part"], template: Template[], known: Variables): void {
  const { globals } = plain.analyzeSync(template, { partials: false });
  for (const variable of Object.values(globals).flat()) {
    const [root] = variable.segments;
    if (root === "forloop" || reaches(known, variable.segments)) continue;
    const problem = `unknown variable: ${String(variable)}`;
    throw new TemplateFailure({ part, line: variable.location.row, problem });
  }
}

/** Whether a path ends at something known; in a list and in a text there is nothing to look up. */
function reaches(known: unknown, path: readonly unknown[]): boolean {
  let at = known;
  for (const name of path) {
    if (typeof at !== "object" || at === null) return name === "size";
    if (Array.isArray(at)) return true;
    if (typeof name !== "string" || !Object.hasOwn(at, name)) return false;
    at = (at as Variables)[name];
  }
  return true;
}

/** What no e-mail needs, and what could make markup or a program of a customer's words. */
const harms: readonly [RegExp, string][] = [
  [
    /<\s*\/?\s*(?:script|iframe|object|embed|form|base|link|meta\s+http-equiv\s*=\s*["']?refresh)\b/i,
    "is not for e-mails",
  ],
  [/<[^<>]*\son[a-z]+\s*=/i, "a message runs no programs"],
  [/<[^<>]*=\s*\{\{/, "a value in a tag needs quotation marks around it"],
  [/<style\b[^<]*\{\{/i, "a style sheet has no values"],
  [/url\(\s*["']?(?!https?:\/\/)/i, "an address begins with https:// or http://"],
  [
    /\b(?:href|src|background|action)\s*=\s*(?!["']?\s*(?:https?:\/\/|mailto:|tel:|#|\{\{-?\s*(?:order\.(?:(?:tracking|label)_)?|parcel\.(?:tracking|label)_|unsubscribe_)url\s*-?\}\}))/i,
    "an address is order.url, order.tracking_url, order.label_url, those of a parcel or unsubscribe_url alone, or begins with https://, http://, mailto: or tel:",
  ],
];

function requireHarmless(html: string): void {
  for (const [pattern, problem] of harms) {
    const found = pattern.exec(html);
    if (found === null) continue;
    // The end of what was found is the offence; its beginning may be lines above.
    const line = html.slice(0, found.index + found[0].length).split("\n").length;
    throw new TemplateFailure({ part: "html", line, problem: `${found[0].trim().slice(-60)}: ${problem}` });
  }
}
