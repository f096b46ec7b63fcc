import { readFileSync } from "node:fs";
import type { OrderTemplate, StockTemplate, TemplateEvent } from "./events.ts";
import { lookUp } from "./language.ts";
import { de } from "./words/de.ts";
import { en } from "./words/en.ts";
import { id } from "./words/id.ts";
import type { Words } from "./words/words.ts";

/** A message's templates. `sms` is empty where there is no text message. */
export interface Parts {
  subject: string;
  html: string;
  text: string;
  sms: string;
}

/** Their names. */
export const partNames = ["subject", "html", "text", "sms"] as const satisfies (keyof Parts)[];

/** The language of last resort. */
export const lastLanguage = "en";

const languages: Readonly<Record<string, Words>> = { [lastLanguage]: en, de, id };

/** The languages that need no merchant's words. */
export const defaultLanguages: ReadonlySet<string> = new Set(Object.keys(languages));

const file = (name: string) => readFileSync(`${import.meta.dirname}/${name}`, "utf8");
const frames = {
  order: { html: file("compiled/order.html"), text: file("order.txt") },
  stock: { html: file("compiled/stock.html"), text: file("stock.txt") },
  page: file("compiled/page.html"),
};

const made = new Map<string, Parts>();

/**
 * The templates that Rowlock has for an event in a language, or in the language that it is a variant of; undefined
 * when there are none. Each is whole: a merchant may take it, change it and give it back.
 */
export function defaultParts(event: TemplateEvent, tag: string): Parts | undefined {
  const language = lookUp([tag], defaultLanguages)?.language;
  const words = language === undefined ? undefined : languages[language];
  if (language === undefined || words === undefined) return undefined;
  const key = `${event} ${language}`;
  const parts = made.get(key) ?? (isOrder(event) ? ofOrder : ofStock)(event as never, words, language);
  made.set(key, parts);
  return parts;
}

/** Whether it is told by text message, too. */
export function isOrder(event: TemplateEvent): event is OrderTemplate {
  return event.startsWith("order.");
}

function ofOrder(event: OrderTemplate, words: Words, language: string): Parts {
  const { subject, title, lead, sms } = words.orders[event];
  const named = { language, title, lead, ...words.orderLabels };
  return {
    subject,
    html: filled(frames.order.html, named),
    text: filled(frames.order.text, named),
    sms: `{{ shop.name }}: ${sms}`,
  };
}

function ofStock(event: StockTemplate, words: Words, language: string): Parts {
  const { subject, title, lead, footer } = words.stock[event];
  const named = { language, title, lead, footer, ...words.stockLabels };
  return {
    subject,
    html: filled(frames.stock.html, named),
    text: filled(frames.stock.text, named),
    sms: "",
  };
}

/** The page on which somebody stops notices, in one of the default languages, and its title. */
export function unsubscribeTemplate(
  language: string,
  page: "asking" | "stopped",
): { title: string; html: string } {
  const { button, ...pages } = (languages[language] ?? en).unsubscribe;
  const { title, lead } = pages[page];
  return { title, html: filled(frames.page, { language, title, lead, button }) };
}

/** The frame with words for its `[[names]]`. @throws Error for a name without words */
function filled(frame: string, words: Readonly<Record<string, string>>): string {
  return frame.replace(/\[\[(\w+)\]\]/g, (_, name: string) => {
    const said = words[name];
    if (said === undefined) throw new Error(`a template's frame has no words for ${name}`);
    return said;
  });
}
