/**
 * What the contracts' patterns want, in words that tell a caller what to send. One that is not here is told as it is.
 * An optional `^(…)?$` counts as what it holds.
 */
export const patternWords: ReadonlyMap<string, string> = new Map([
  ["^[A-Z]{2}$", "must be a country's two letters of ISO 3166-1 in capitals, such as US"],
  ["^[A-Za-z]{2}$", "must be a country's two letters of ISO 3166-1, such as US"],
  ["^[A-Z]{3}$", "must be a currency's three letters of ISO 4217 in capitals, such as USD"],
  ["^[A-Za-z]{3}$", "must be a currency's three letters of ISO 4217, such as usd"],
  ["^\\+[1-9][0-9]{6,14}$", "must be a phone number in E.164 form, such as +14155550123"],
  ["^https?://", "must be an address that begins with https:// or http://"],
  [
    "^[a-z]+\\.([a-z_]+|\\*)$",
    "must be a type of event, such as order.paid, or all of an area, such as order.*",
  ],
  [
    "^(pm|tok|card)_[A-Za-z0-9_]{1,200}$",
    "must be what Stripe.js made of a card, pm_… or tok_…, and never a card's number",
  ],
  ["^[A-Z][A-Z0-9_]{1,31}$", "must be a bank's method in capitals, such as BCA_VA"],
  ["^[A-Za-z][A-Za-z0-9_ -]{1,31}$", "must be a bank's method, such as BCA_VA"],
  [
    "^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$",
    "must have 1 to 64 letters, digits, dots, hyphens and underscores, and begin with a letter or digit",
  ],
  [
    "^[A-Za-z0-9][A-Za-z0-9_-]{1,63}$",
    "must have 2 to 64 letters, digits, hyphens and underscores, and begin with a letter or digit",
  ],
  [
    "^[a-z0-9][a-z0-9-]{0,63}$",
    "must have 1 to 64 small letters, digits and hyphens, and begin with a letter or digit",
  ],
]);

/** A violation as protovalidate tells it, in words where it names a pattern that has some. */
export function inWords({ ruleId, message }: { ruleId: string; message: string }): string {
  if (ruleId !== "string.pattern") return message;
  const [, pattern = ""] = /`(.*)`$/s.exec(message) ?? [];
  const [, inner] = /^\^\((.*)\)\?\$$/.exec(pattern) ?? [];
  return patternWords.get(inner === undefined ? pattern : `^${inner}$`) ?? message;
}
