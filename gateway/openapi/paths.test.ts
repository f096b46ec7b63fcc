import { expect, test } from "vitest";
import { shelfMessage } from "../transcoder/testing/shelf.ts";
import { openApiPath, pathShape } from "./paths.ts";

const book = shelfMessage("GetBookRequest");
const update = shelfMessage("UpdateBookRequest");

test.each([
  ["/v1/books/{name}", book, "/v1/books/{name}", ["name"], "a segment"],
  ["/v1/books/{name}:lend", book, "/v1/books/{name}:lend", ["name"], "a verb is a part of the path"],
  [
    "/v1/{name=shelves/*/books/*}",
    book,
    "/v1/shelves/{name1}/books/{name2}",
    ["name1", "name2"],
    "several segments: one parameter for each wildcard",
  ],
  ["/v1/{name=shelves/*}", book, "/v1/shelves/{name}", ["name"], "one wildcard keeps the field's name"],
  ["/v1/covers/{name=**}", book, "/v1/covers/{name}", ["name"], "a rest"],
  ["/v1/books/{book.name}", update, "/v1/books/{book.name}", ["book.name"], "a nested field"],
])("%s of %s is %s with %j: %s", (template, input, path, names) => {
  const found = openApiPath(template, input);
  expect([found.path, found.parameters.map(({ name }) => name)]).toEqual([path, names]);
});

test("a parameter of several segments knows what it is a part of, a rest that it may hold slashes", () => {
  expect(openApiPath("/v1/{name=shelves/*/books/**}", book).parameters).toMatchObject([
    { pattern: "shelves/*/books/**", isRest: false },
    { pattern: "shelves/*/books/**", isRest: true },
  ]);
});

test("paths that differ in the names of their parameters have one shape", () => {
  expect(pathShape("/v1/a/{b}:c")).toBe(pathShape("/v1/a/{d.e}:c"));
  expect(pathShape("/v1/a/{b}:c")).not.toBe(pathShape("/v1/a/{b}"));
});
