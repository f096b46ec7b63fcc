import type { Collection, Stored } from "../store/collection.ts";
import { missingObject } from "./errors.ts";

/** One page as Stripe's lists have it, newest first; ten items unless `limit` says otherwise. */
export function listPage<T extends Stored, K extends string>({
  collection,
  kind,
  url,
  where,
  params,
  render,
}: {
  collection: Collection<T, K>;
  kind: string;
  url: string;
  where: Partial<Record<K, string | readonly string[] | undefined>>;
  params: {
    limit?: number;
    starting_after?: string;
    ending_before?: string;
    created?: { gt?: number; gte?: number; lt?: number; lte?: number };
  };
  render: (item: T) => object;
}): { object: "list"; data: object[]; has_more: boolean; url: string } {
  for (const param of ["starting_after", "ending_before"] as const) {
    const id = params[param];
    if (id !== undefined && !collection.get(id)) throw missingObject({ kind, id, param });
  }
  const { items, more } = collection.page({
    where,
    limit: params.limit ?? 10,
    ...(params.created && { created: toMilliseconds(params.created) }),
    ...(params.starting_after && { after: params.starting_after }),
    ...(params.ending_before && { before: params.ending_before }),
  });
  return { object: "list", data: items.map(render), has_more: more, url };
}

/** Objects are stamped in milliseconds but compared, as in their answers, by whole seconds. */
function toMilliseconds({ gt, gte, lt, lte }: { gt?: number; gte?: number; lt?: number; lte?: number }) {
  return {
    ...(gt !== undefined && { gte: (gt + 1) * 1000 }),
    ...(gte !== undefined && gt === undefined && { gte: gte * 1000 }),
    ...(lt !== undefined && { lt: lt * 1000 }),
    ...(lte !== undefined && lt === undefined && { lt: (lte + 1) * 1000 }),
  };
}
