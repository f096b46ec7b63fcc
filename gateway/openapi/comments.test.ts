import { expect, test } from "vitest";
import { readMethodComment } from "./comments.ts";

test.each<[string, object, string]>([
  [
    "A does.\nErrors: X_GONE.",
    { summary: "A does", description: "A does.", errors: [{ reason: "X_GONE", note: "" }] },
    "one",
  ],
  [
    "A.\nErrors: X_Y, Z_W (why, and\nwhen).",
    {
      errors: [
        { reason: "X_Y", note: "" },
        { reason: "Z_W", note: "why, and when" },
      ],
    },
    "commas inside parentheses part nothing",
  ],
  [
    "A.\nErrors: X_Y, naming the first.",
    { errors: [{ reason: "X_Y", note: "naming the first" }] },
    "words after a comma belong to the reason before",
  ],
  [
    "A.\nErrors: INVALID for a path, and when odd.",
    { errors: [{ reason: "INVALID", note: "for a path, and when odd" }] },
    "words without parentheses",
  ],
  ["A.\nErrors: as AddItem.", { errors: [], errorsAs: ["AddItem"] }, "another method's"],
  [
    "A.\nErrors: X_Y (ABORTED; as in Inventory.Reserve), Z_W.",
    {
      errors: [
        { reason: "X_Y", note: "ABORTED; as in Inventory.Reserve" },
        { reason: "Z_W", note: "" },
      ],
    },
    "a dot inside does not end it",
  ],
  [
    "One\nline that breaks.\n\nAnother paragraph.",
    {
      summary: "One line that breaks",
      description: "One line that breaks.\n\nAnother paragraph.",
      errors: [],
    },
    "paragraphs stay",
  ],
  ["Reads v1.2 of `a.b`: all.", { summary: "Reads v1.2 of `a.b`" }, "a dot within a word ends no sentence"],
  ["", { summary: "", description: "", errors: [], errorsAs: [] }, "no comment"],
])("%j: %s", (comment, want) => {
  expect(readMethodComment(comment)).toMatchObject(want);
});
