import { zstdCompressSync, zstdDecompressSync } from "node:zlib";
import type { Store } from "./store.ts";

/** `created` is in milliseconds since the epoch. */
export interface Stored {
  id: string;
  created: number;
}

export interface PageQuery<K extends string> {
  /** A key's value, or several of which one must hold. */
  where?: Partial<Record<K, string | readonly string[] | undefined>>;
  /** Bounds of `created`, in milliseconds. */
  created?: { gt?: number; gte?: number; lt?: number; lte?: number };
  limit: number;
  offset?: number;
  /** Only items older than this one. */
  after?: string;
  /** Only items newer than this one. */
  before?: string;
}

const OPERATORS = { gt: ">", gte: ">=", lt: "<", lte: "<=" } as const;

/**
 * JSON documents in a table of their own, in order of creation, with an index for each key. Nothing is held
 * in memory. Names and keys are identifiers of the code, never of a request.
 */
export class Collection<T extends Stored, K extends string = never> {
  readonly #store: Store;
  readonly #table: string;
  readonly #keys: readonly (readonly [K, (value: T) => string | undefined])[];
  readonly #compressed: boolean;
  readonly #insert: string;
  readonly #put: string;

  constructor(
    store: Store,
    {
      name,
      keys,
      compressed = false,
    }: { name: string; keys: Record<K, (value: T) => string | undefined>; compressed?: boolean },
  ) {
    this.#store = store;
    this.#table = name;
    this.#keys = Object.entries(keys) as [K, (value: T) => string | undefined][];
    this.#compressed = compressed;
    const columns = this.#keys.map(([key]) => `key_${key}`);
    store.exec(`
      create table if not exists ${name} (
        seq integer primary key,
        id text not null unique,
        created integer not null,
        doc ${compressed ? "blob" : "text"} not null
        ${columns.map((column) => `, ${column} text`).join("")}
      ) strict;
    `);
    this.#addKeys(columns);
    store.exec(
      columns
        .map(
          (column) =>
            `create index if not exists ${name}_${column} on ${name} (${column}, seq) where ${column} is not null;`,
        )
        .join("\n"),
    );
    this.#insert = `insert into ${name} (id, created, doc${columns.map((c) => `, ${c}`).join("")})
      values (?, ?, ?${", ?".repeat(columns.length)})`;
    const changes = ["doc", ...columns].map((column) => `${column} = excluded.${column}`).join(", ");
    this.#put = `${this.#insert} on conflict (id) do update set ${changes}`;
  }

  /** Adds and fills the keys that a file of an earlier version lacks. */
  #addKeys(columns: readonly string[]): void {
    const there = this.#store.prepare(`select name from pragma_table_info('${this.#table}')`).all();
    const missing = columns.filter((column) => !there.some((row) => row["name"] === column));
    if (missing.length === 0) return;
    this.#store.write(() => {
      for (const column of missing) this.#store.exec(`alter table ${this.#table} add column ${column} text`);
      const rows = this.#store.prepare(`select id, doc from ${this.#table}`).all();
      const fill = this.#store.prepare(
        `update ${this.#table} set ${columns.map((column) => `${column} = ?`).join(", ")} where id = ?`,
      );
      for (const row of rows) {
        const value = this.#decode(row["doc"]);
        fill.run(...this.#keys.map(([, key]) => key(value) ?? null), String(row["id"]));
      }
    });
  }

  /** Fails when the id is taken. */
  insert(value: T): T {
    return this.#run(this.#insert, value);
  }

  /** Stores a new document, or replaces the one of the same id. */
  put(value: T): T {
    return this.#run(this.#put, value);
  }

  #run(sql: string, value: T): T {
    const keys = this.#keys.map(([, key]) => key(value) ?? null);
    this.#store.open();
    this.#store.prepare(sql).run(value.id, value.created, this.#encode(value), ...keys);
    return value;
  }

  get(id: string): T | undefined {
    const row = this.#store.prepare(`select doc from ${this.#table} where id = ?`).get(id);
    return row ? this.#decode(row["doc"]) : undefined;
  }

  /**
   * Newest first; with `before`, the page that ends just before that item. `more` tells whether there are
   * further items in the direction of travel. An unknown `after` or `before` gives an empty page.
   */
  page({ where = {}, created = {}, limit, offset = 0, after, before }: PageQuery<K>): {
    items: T[];
    more: boolean;
  } {
    const conditions = ["true"];
    const values: (string | number)[] = [];
    for (const [key, value] of Object.entries(where) as [K, string | readonly string[] | undefined][]) {
      if (value === undefined) continue;
      const single = typeof value === "string";
      conditions.push(single ? `key_${key} = ?` : `key_${key} in (select value from json_each(?))`);
      values.push(single ? value : JSON.stringify(value));
    }
    for (const [bound, value] of Object.entries(created) as [keyof typeof OPERATORS, number | undefined][]) {
      if (value === undefined) continue;
      conditions.push(`created ${OPERATORS[bound]} ?`);
      values.push(value);
    }
    for (const [operator, id] of [
      ["<", after],
      [">", before],
    ] as const) {
      if (id === undefined) continue;
      conditions.push(`seq ${operator} (select seq from ${this.#table} where id = ?)`);
      values.push(id);
    }
    const rows = this.#store
      .prepare(
        `select doc from ${this.#table} where ${conditions.join(" and ")}
         order by seq ${before === undefined ? "desc" : "asc"} limit ? offset ?`,
      )
      .all(...values, limit + 1, offset);
    const items = rows.slice(0, limit).map((row) => this.#decode(row["doc"]));
    return { items: before === undefined ? items : items.reverse(), more: rows.length > limit };
  }

  /** The number of documents ever made; none is ever deleted, so it is also the number there is. */
  count(): number {
    const row = this.#store.prepare(`select max(seq) as last from ${this.#table}`).get();
    return Number(row?.["last"] ?? 0);
  }

  #encode(value: T): string | Uint8Array {
    const text = JSON.stringify(value);
    return this.#compressed ? zstdCompressSync(text) : text;
  }

  #decode(doc: unknown): T {
    const text = this.#compressed ? zstdDecompressSync(doc as Uint8Array).toString() : (doc as string);
    return JSON.parse(text) as T;
  }
}
