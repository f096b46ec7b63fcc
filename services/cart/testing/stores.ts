import { testDatabase } from "../../../lib/testing/postgres.ts";
import { testRedis } from "../../../lib/testing/redis.ts";
import { cartSchema } from "../migrations/index.ts";
import type { CartStore } from "../store.ts";
import { createPostgresCartStore } from "../store-postgres.ts";
import { createRedisCartStore } from "../store-redis.ts";

/** A store over a database of its own. */
export interface OpenStore extends AsyncDisposable {
  readonly store: CartStore;
}

/** Every implementation of the store, for suites that run over each. */
export const stores: readonly { readonly name: string; readonly open: () => Promise<OpenStore> }[] = [
  {
    name: "Postgres",
    async open() {
      const test = await testDatabase(cartSchema);
      return {
        store: createPostgresCartStore({ db: test.db }),
        [Symbol.asyncDispose]: () => test[Symbol.asyncDispose](),
      };
    },
  },
  {
    name: "Redis",
    async open() {
      const test = await testRedis();
      return {
        store: createRedisCartStore({ redis: test.redis }),
        [Symbol.asyncDispose]: () => test[Symbol.asyncDispose](),
      };
    },
  },
];
