import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Collection } from "./collection.ts";
import { openStore } from "./store.ts";

interface Thing {
  id: string;
  created: number;
  color: string;
}
const red = { id: "1", created: 1, color: "red" };
const blue = { id: "2", created: 2, color: "blue" };

test.each([false, true])("a key that a file lacks is added and filled (compressed: %s)", (compressed) => {
  const dataDir = mkdtempSync(join(tmpdir(), "sandbox-"));
  try {
    {
      using store = openStore(dataDir);
      const things = new Collection<Thing>(store, { name: "thing", keys: {}, compressed });
      things.insert(red);
      things.insert(blue);
    }
    const keys = { color: (thing: Thing) => thing.color };
    {
      using store = openStore(dataDir);
      const things = new Collection<Thing, "color">(store, { name: "thing", keys, compressed });
      expect(things.page({ where: { color: "red" }, limit: 9 }).items).toEqual([red]);
    }
    using store = openStore(dataDir);
    const things = new Collection<Thing, "color">(store, { name: "thing", keys, compressed });
    expect(things.page({ where: { color: "blue" }, limit: 9 }).items).toEqual([blue]);
  } finally {
    rmSync(dataDir, { recursive: true });
  }
});
