import { expect, test } from "vitest";
import { contentsOf } from "./email.ts";

test.each([
  ["Hello", "Hello", "", "text"],
  ["1 < 2 and 3 > 2", "1 < 2 and 3 > 2", "", "no tag"],
  ["<p>Hello<br>you</p><p>Bye</p>", "Hello\nyou\nBye", "<p>Hello<br>you</p><p>Bye</p>", "paragraphs"],
  ["<b>1 &lt; 2 &amp;amp;</b>", "1 < 2 &amp;", "<b>1 &lt; 2 &amp;amp;</b>", "entities, once"],
  ["<img src=x>", "<img src=x>", "<img src=x>", "nothing but tags: there must be a text"],
])("%j is %j and %j (%s)", (content, text, html, _why) => {
  expect(contentsOf(content)).toEqual({ text, html });
});
