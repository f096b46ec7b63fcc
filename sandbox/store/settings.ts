import type { Store } from "./store.ts";

/** Single values that outlive the process. */
export interface Settings {
  get(name: string): string | undefined;
  set(name: string, value: string): void;
}

export function openSettings(store: Store): Settings {
  store.exec(
    "create table if not exists setting (name text primary key, value text not null) strict, without rowid",
  );
  return {
    get(name) {
      const row = store.prepare("select value from setting where name = ?").get(name);
      return row && String(row["value"]);
    },
    set(name, value) {
      store.open();
      store.prepare("insert or replace into setting (name, value) values (?, ?)").run(name, value);
    },
  };
}
