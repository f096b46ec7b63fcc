import { expect, test } from "vitest";
import { follow, type Progress, writesOf } from "./statement.ts";

test.each<[string, string[]]>([
  ["select id from orders where id = $1", []],
  ["select sku from stock order by sku for update", []],
  ["select sku from stock for no key update skip locked", []],
  ["insert into checkout as c (id) values ($1) on conflict do update set id = $1", ["insert checkout"]],
  [
    "with x as (update orders set a = 1 returning id) insert into event select id from x",
    ["update orders", "insert event"],
  ],
  ['delete from only "hold" where id = $1', ["delete hold"]],
  [
    "WITH next AS (SELECT 1 FOR UPDATE) UPDATE jobs.job_common j SET state = 'active'",
    ["update jobs.job_common"],
  ],
  ["-- update nothing\nselect 1", []],
])("%s", (text, writes) => {
  expect(writesOf(text)).toEqual(writes);
});

test.each<[string, string[], string[][]]>([
  ["by itself", ["insert into a values (1)"], [["insert a"]]],
  [
    "at the commit",
    ["begin", "insert into a values (1)", "update b set c = 1", "commit"],
    [["insert a", "update b"]],
  ],
  ["never", ["begin", "insert into a values (1)", "rollback", "begin", "commit"], []],
  ["as one text", ["begin; delete from a; commit", "insert into b values (1)"], [["delete a"], ["insert b"]]],
])("what is written becomes durable %s", (_when, texts, want) => {
  let progress: Progress;
  const durable = texts.map((text) => {
    const followed = follow(progress, text);
    progress = followed.progress;
    return followed.durable;
  });
  expect(durable.filter((writes) => writes.length > 0)).toEqual(want);
});
