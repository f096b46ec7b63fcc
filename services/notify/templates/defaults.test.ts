import { describe, expect, test } from "vitest";
import { flawOf } from "./check.ts";
import { defaultLanguages, defaultParts, isOrder, type Parts } from "./defaults.ts";
import { templateEvents } from "./events.ts";
import { render } from "./render.ts";
import { sampleOf } from "./samples.ts";
import { de } from "./words/de.ts";
import { en } from "./words/en.ts";
import { id } from "./words/id.ts";

const none: Parts = { subject: "", html: "", text: "", sms: "" };
const cases = templateEvents.flatMap((event) =>
  [...defaultLanguages].map((language) => [event, language] as const),
);

describe.each(cases)("%s in %s", (event, language) => {
  const parts = defaultParts(event, language) ?? none;
  const manner = { shopName: "Dock", locale: language };

  test("is a template that a merchant could give, too", () => {
    expect(flawOf(event, { given: parts, whole: parts, manner })).toBeUndefined();
  });

  test("says who writes and what about, and holds no markup but its own", () => {
    const said = render(parts, sampleOf(event, manner));
    expect(said.subject).not.toBe("");
    expect(said.html).toContain(`<html lang="${language}"`);
    expect(said.html).not.toMatch(/\[\[|\{\{|\{%|<script|<img|undefined|\[object|null/);
    expect(said.text).not.toMatch(/\[\[|\{\{|\{%|<[a-z]|undefined|\[object|null|\n\n\n/);
    for (const form of [said.html, said.text]) expect(form).toContain("Dock");
    expect(said.sms).toMatch(isOrder(event) ? /^Dock: \S.*ord_01k9sample/ : /^$/);
    expect(said.text).toContain(isOrder(event) ? "ord_01k9sample" : "Linen Shirt");
  });
});

test.each(Object.entries({ de, id }))("%s has words of its own for everything", (_, words) => {
  const said = (of: object): string[] =>
    Object.values(of).flatMap((each: unknown) =>
      typeof each === "string" ? [each] : typeof each === "object" && each !== null ? said(each) : [],
    );
  const english = new Set(said(en));
  const international = ["BIC", "Bank", "SKU", "Total"];
  expect(said(words).filter((each) => english.has(each) && !international.includes(each))).toEqual([]);
});

test.each([
  ["de-AT", "de"],
  ["DE", "de"],
  ["id-ID", "id"],
  ["en-x-private", "en"],
])("a variant such as %s has the words of %s", (variant, language) => {
  expect(defaultParts("order.fulfilled", variant)).toBe(defaultParts("order.fulfilled", language));
});

test.each(["fr", "", "not a tag", "d"])("%j has none", (language) => {
  expect(defaultParts("order.fulfilled", language)).toBeUndefined();
});
