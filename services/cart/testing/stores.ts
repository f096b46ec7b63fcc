import { testDatabase } from "../../../lib/testing/postgres.ts";
import { redisInstalled, testRedis } from "../../../lib/testing/redis.ts";
import { cartSchema } from "../migrations/index.ts";
import type { CartStore } from "../store.ts";
import { createPostgresCartStore } from "../store-postgres.ts";
import { createRedisCartStore } from "../store-redis.ts";
import { testRedisCluster } from "./redis-cluster.ts";

/** A store over a database of its own. */
export interface OpenStore extends AsyncDisposable {
  readonly store: CartStore;
}

/** An implementation of the store, and whether this machine has what it needs. */
export interface TestedStore {
  readonly name: string;
  readonly installed: boolean;
  open(): Promise<OpenStore>;
}

/** Every implementation of the store, for suites that run over each. */
export const stores: readonly TestedStore[] = [
  {
    name: "Postgres",
    installed: true,
    async open() {
      const test = await testDatabase(cartSchema);
      return {
        store: createPostgresCartStore(test),
        [Symbol.asyncDispose]: () => test[Symbol.asyncDispose](),
      };
    },
  },
  { name: "Redis", installed: redisInstalled, open: () => onRedis(testRedis()) },
];

/** The store on a Redis Cluster: slow to start, so only for the store's own suite. */
export const onRedisCluster: TestedStore = {
  name: "Redis Cluster",
  installed: redisInstalled,
  open: () => onRedis(testRedisCluster()),
};

async function onRedis(
  starting: Promise<AsyncDisposable & Parameters<typeof createRedisCartStore>[0]>,
): Promise<OpenStore> {
  const test = await starting;
  return {
    store: createRedisCartStore(test),
    [Symbol.asyncDispose]: () => test[Symbol.asyncDispose](),
  };
}
