import { hash } from "node:crypto";
import { type Clock, systemClock } from "../clock.ts";
import type { FindHolder } from "./authenticator.ts";
import type { Principal } from "./principal.ts";

/** Milliseconds that an answer holds: as long may a revoked key or an ended session still be used. */
const holdsMs = 5_000;
const keptHolders = 10_000;

/** A look-up that remembers its answers, wrong credentials included. */
export interface HolderCache {
  find: FindHolder;
  /** Looks everything up anew from now on. */
  clear: () => void;
}

/** Asks `find` for a credential at most once every five seconds; calls that come meanwhile wait for its answer. */
export function createHolderCache({
  find,
  clock = systemClock,
}: {
  find: FindHolder;
  clock?: Clock;
}): HolderCache {
  type Holder = Principal | undefined;
  const known = new Map<string, { holder: Holder | Promise<Holder>; until: number }>();
  return {
    find: (credential) => {
      // Not the credential itself: neither its length nor a heap dump shall matter.
      const name = hash("sha256", credential, "base64");
      const now = clock().getTime();
      const before = known.get(name);
      if (before !== undefined && now < before.until) return before.holder;
      if (known.size >= keptHolders) known.clear();
      const entry = { holder: find(credential), until: now + holdsMs };
      known.set(name, entry);
      if (entry.holder instanceof Promise) {
        entry.holder.then(
          (holder) => {
            entry.holder = holder;
          },
          () => {
            if (known.get(name) === entry) known.delete(name);
          },
        );
      }
      return entry.holder;
    },
    clear: () => known.clear(),
  };
}
