import type { Clock } from "../../lib/clock.ts";
import type { Queryable } from "../../lib/db/index.ts";
import { createRemembered, type Remembered } from "../../lib/remembered.ts";
import type { Setting } from "./setting.ts";
import { findSettings } from "./store-setting.ts";
import { findOverrides, type Override } from "./store-template.ts";

/** What the shop has said of its messages: in which words, and whether at all. */
export interface Customs {
  overrides: readonly Override[];
  settings: readonly Setting[];
}

/** How long another process may still go by the old ones, in milliseconds. */
const freshMs = 2_000;

/** They change rarely, and every message needs them. */
export function rememberCustoms({ db, clock }: { db: Queryable; clock: Clock }): Remembered<Customs> {
  const read = async () => {
    const [overrides, settings] = await Promise.all([findOverrides(db), findSettings(db)]);
    return { overrides, settings };
  };
  return createRemembered({ read, freshMs, clock });
}
