import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import type { TemplateParts, TemplateSchema } from "../../gen/rowlock/notify/v1/notify_pb.js";
import { mannerOf, wholeParts } from "./compose.ts";
import { fail } from "./reasons.ts";
import type { NotifyDeps } from "./service.ts";
import { noEtag, type Override } from "./store-template.ts";
import { flawOf } from "./templates/check.ts";
import { defaultParts, isOrder, type Parts, partNames } from "./templates/defaults.ts";
import { eventNamed, type TemplateEvent } from "./templates/events.ts";
import { languageTag } from "./templates/language.ts";

/** Which template. */
export interface TemplateKey {
  event: TemplateEvent;
  /** In its canonical form. */
  language: string;
}

/** Which template a request is about. Errors: TEMPLATE_NOT_FOUND for no event of ours, LANGUAGE_INVALID. */
export function templateKey({
  event: name,
  language: given,
}: {
  event: string;
  language: string;
}): TemplateKey {
  const event = eventNamed(name);
  if (event === undefined) throw fail("TEMPLATE_NOT_FOUND", { event: name, language: given });
  const language = languageTag(given);
  if (language === undefined) throw fail("LANGUAGE_INVALID", { language: given });
  return { event, language };
}

/** The shop's templates of a request. */
export function givenParts({
  subject = "",
  html = "",
  text = "",
  sms = "",
}: Partial<TemplateParts> = {}): Parts {
  return { subject, html, text, sms };
}

/** What is used when a shop gives these parts of a template. Errors: TEMPLATE_INVALID. */
export function checkedParts(deps: NotifyDeps, key: TemplateKey, given: Parts): Parts {
  const whole = wholeParts(key.event, { language: key.language, ...given });
  const missing = partNames.find((part) => whole[part] === "" && (part !== "sms" || isOrder(key.event)));
  const flaw =
    missing === undefined
      ? flawOf(key.event, { given, whole, manner: mannerOf(deps, key.language) })
      : { part: missing, line: 1, problem: `there are no words of Rowlock's in ${key.language}: say it` };
  if (flaw === undefined) return whole;
  const { part, line, problem } = flaw;
  throw fail("TEMPLATE_INVALID", { part, line: String(line), problem });
}

/** The message of a template; undefined when nobody has words for it. */
export function toTemplate(
  key: TemplateKey,
  override: Override | undefined,
): MessageInitShape<typeof TemplateSchema> | undefined {
  const parts =
    override === undefined ? defaultParts(key.event, key.language) : wholeParts(key.event, override);
  if (parts === undefined) return undefined;
  if (override === undefined) return { ...key, parts, etag: noEtag };
  const { etag, updateTime } = override;
  return { ...key, parts, override: givenParts(override), etag, updateTime: timestampFromDate(updateTime) };
}
