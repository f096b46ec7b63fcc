import { expect, test } from "vitest";
import { lookUp } from "./language.ts";

const available = new Set(["en", "de", "zh-Hant"]);

test.each([
  ["what there is", ["de"], { language: "de", locale: "de" }],
  ["a variant, whose amounts are written its way", ["de-AT"], { language: "de", locale: "de-AT" }],
  ["another case", ["DE-ch"], { language: "de", locale: "de-CH" }],
  ["several subtags", ["zh-Hant-TW"], { language: "zh-Hant", locale: "zh-Hant-TW" }],
  [
    "a single letter, which goes with what follows it",
    ["de-x-dialect"],
    { language: "de", locale: "de-x-dialect" },
  ],
  ["the next wish, when the first is not there", ["fr-CA", "de", "en"], { language: "de", locale: "de" }],
  ["no wish", ["", "en"], { language: "en", locale: "en" }],
  ["no tag", ["not a tag", "en"], { language: "en", locale: "en" }],
  ["a narrower language than was wished for", ["zh"], undefined],
  ["nothing", [], undefined],
])("lookup: %s", (_, wishes, want) => {
  expect(lookUp(wishes, available)).toEqual(want);
});
