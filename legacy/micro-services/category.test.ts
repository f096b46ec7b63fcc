import { expect, test } from "vitest";
import { categoryIdOf, categoryTagOf, categoryTitleOf } from "./category.ts";

test.each([
  ["toys", "toys"],
  ["Cat & Dog Food", "cat-dog-food"],
  ["Jouets pour chiens, été", "jouets-pour-chiens-ete"],
  ["  --x--  ", "x"],
  [`${"a".repeat(63)} b`, "a".repeat(63)],
])("%j stands in %s", (name, id) => {
  expect(categoryIdOf(name)).toBe(id);
});

test("names without such letters have ids that differ", () => {
  expect(categoryIdOf("玩具")).toMatch(/^category-[0-9a-f]{16}$/);
  expect(categoryIdOf("玩具")).not.toBe(categoryIdOf("食品"));
});

test("a long name is cut between characters", () => {
  const name = "🦴".repeat(300);
  expect([categoryTitleOf(name), categoryTagOf(name)]).toEqual(["🦴".repeat(200), "🦴".repeat(64)]);
  expect(categoryTagOf("toys")).toBe("toys");
});
