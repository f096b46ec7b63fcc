import type { NotifyDeps, NotifyParts } from "./service.ts";
import type { Override } from "./store-template.ts";
import { defaultLanguages, defaultParts, lastLanguage, type Parts } from "./templates/defaults.ts";
import type { TemplateEvent } from "./templates/events.ts";
import { type Choice, lookUp } from "./templates/language.ts";
import type { Variables } from "./templates/liquid.ts";
import { render, TemplateFailure } from "./templates/render.ts";
import type { Manner } from "./templates/view.ts";

/** News, in no words yet. */
export interface Tidings {
  event: TemplateEvent;
  /** BCP 47 tag of the reader's language; empty: the shop's. */
  language: string;
  /** What the words may be about, with amounts and dates in the manner's language. */
  variables: (manner: Manner) => Variables;
}

/**
 * The message about an event, in the nearest to the reader's language that there is: theirs, the shop's, English. A
 * merchant's templates go before Rowlock's; when they fail it is logged, and the message goes out in Rowlock's words.
 */
export async function compose(parts: NotifyParts, { event, language, variables }: Tidings): Promise<Parts> {
  const wishes = [language, shopLanguageOf(parts), lastLanguage];
  const overrides = (await parts.customs.get()).overrides.filter((each) => each.event === event);
  const best = choose(wishes, new Set([...defaultLanguages, ...overrides.map((each) => each.language)]));
  const override = overrides.find((each) => each.language === best.language);
  if (override !== undefined) {
    try {
      return render(wholeParts(event, override), variables(mannerOf(parts, best.locale)));
    } catch (err) {
      if (!(err instanceof TemplateFailure)) throw err;
      parts.log.error({ event, ...best, flaw: err.flaw }, "a template failed: the default one is sent");
    }
  }
  const { language: known, locale } = choose(wishes, defaultLanguages);
  return render(wholeParts(event, { language: known }), variables(mannerOf(parts, locale)));
}

/** The language of Rowlock's words that is nearest to a reader's. */
export function languageFor(deps: NotifyDeps, language: string): string {
  return choose([language, shopLanguageOf(deps)], defaultLanguages).language;
}

/** How the shop writes in a language. */
export function mannerOf({ shopName = "Rowlock", orderUrl }: NotifyDeps, locale: string): Manner {
  return { shopName, locale, ...(orderUrl !== undefined && { orderUrl }) };
}

/** BCP 47 tag of the language in which the shop writes when nobody says otherwise. */
function shopLanguageOf({ language }: NotifyDeps): string {
  return language ?? lastLanguage;
}

/** A merchant's templates for a language, and Rowlock's where they are empty; empty where there are neither. */
export function wholeParts(
  event: TemplateEvent,
  { language, ...given }: Partial<Override> & Pick<Override, "language">,
): Parts {
  const other = defaultParts(event, language);
  const part = (name: keyof Parts) => given[name] || (other?.[name] ?? "");
  return { subject: part("subject"), html: part("html"), text: part("text"), sms: part("sms") };
}

/** Wishes end with a language that there always is. */
function choose(wishes: readonly string[], available: ReadonlySet<string>): Choice {
  return lookUp(wishes, available) ?? { language: lastLanguage, locale: lastLanguage };
}
