import { describe, expect, test } from "vitest";
import { extractBlocks } from "./readme-commands.ts";

describe("extractBlocks", () => {
  test("finds blocks with language, info, text and line", () => {
    const markdown = [
      "# Title", // 1
      "```sh test", // 2
      "npm ci", // 3
      "", // 4
      "npm start", // 5
      "```", // 6
      "and", // 7
      "```", // 8
      "plain", // 9
      "```", // 10
    ].join("\n");
    expect(extractBlocks(markdown)).toEqual([
      { language: "sh", info: "test", text: "npm ci\n\nnpm start\n", line: 3 },
      { language: "", info: "", text: "plain\n", line: 9 },
    ]);
  });

  test.each<[why: string, markdown: string, language: string, info: string, text: string]>([
    ["an empty block", "```sh\n```", "sh", "", ""],
    ["space before the language", "```   sh   test  more  \na\n```", "sh", "test  more", "a\n"],
    ["tildes, whose info may hold backticks", "~~~sh `x`\na\n~~~", "sh", "`x`", "a\n"],
    ["a shorter run inside a longer one", "````md\n```sh\na\n```\n````", "md", "", "```sh\na\n```\n"],
    ["a longer run closes", "```sh\na\n`````", "sh", "", "a\n"],
    ["the other character does not close", "```sh\n~~~\n```", "sh", "", "~~~\n"],
    ["a fence with an info string does not close", "```sh\n```sh\n```", "sh", "", "```sh\n"],
    ["spaces after the closing fence", "```sh\na\n```  ", "sh", "", "a\n"],
    ["the fence's indentation is taken off", "  ```sh\n  a\n    b\n c\n  ```", "sh", "", "a\n  b\nc\n"],
    ["lines that end as on Windows", "```sh test\r\na\r\n```\r\n", "sh", "test", "a\n"],
  ])("%s", (_why, markdown, language, info, text) => {
    expect(extractBlocks(markdown)).toEqual([{ language, info, text, line: 2 }]);
  });

  test.each<[why: string, markdown: string]>([
    ["no code at all", "# Title\n\ntext\n"],
    ["an empty document", ""],
    ["inline code of three backticks", "```npm ci```"],
    ["two backticks", "``\na\n``"],
    ["four spaces make an indented block", "    ```sh\n    a\n    ```"],
  ])("finds nothing in %s", (_why, markdown) => {
    expect(extractBlocks(markdown)).toEqual([]);
  });

  test("a block that is never closed is an error", () => {
    expect(() => extractBlocks("a\n\n```sh\nnpm ci\n")).toThrow(
      "the code block opened in line 3 is never closed",
    );
  });
});
