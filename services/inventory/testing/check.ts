import { create } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import { BatchGetVariantsResponseSchema } from "../../../gen/rowlock/catalog/v1/catalog_pb.js";
import {
  NotifyStockRequestSchema,
  NotifyStockResponseSchema,
  StockEventKind,
} from "../../../gen/rowlock/notify/v1/notify_pb.js";
import { defineReasons } from "../../../lib/errors/reasons.ts";
import type { Jobs } from "../../../lib/jobs/index.ts";
import { checkStock, type LowStockJob, lowStockQueue, type NoticeJob, noticeQueue } from "../check-stock.ts";
import { type TellDeps, tellBackInStock, tellLowStock } from "../tell-stock.ts";
import type { TestInventory } from "./shop.ts";

/** How Notify fails. */
export const notifyFailure = defineReasons({
  PROVIDER_UNAVAILABLE: { code: Code.Unavailable, message: "{provider} does not answer" },
  MESSAGE_REFUSED: { code: Code.FailedPrecondition, message: "the message was refused: {message}" },
});

/** The check of a stock, with its jobs and who is told of it. */
export interface TestCheck {
  /** Runs the check, as a replica does every few seconds. */
  check(): Promise<number>;
  /** Runs the jobs that wait; those that fail wait on. Returns how many have failed. */
  work(): Promise<number>;
  readonly waiting: { queue: string; data: object }[];
  /** Who was told what, and under which key. */
  readonly told: {
    key: string;
    kind: string;
    to: string;
    language: string;
    sku: string;
    title: string;
    available: bigint;
  }[];
  /** Titles that Catalog knows, by SKU. */
  readonly titles: Map<string, string>;
  /** Makes the next message fail. */
  failing: Error | undefined;
}

export function openTestCheck({ database: { db }, clock }: TestInventory): TestCheck {
  const waiting: TestCheck["waiting"] = [];
  const told: TestCheck["told"] = [];
  const titles = new Map<string, string>();
  const jobs: Pick<Jobs, "enqueueAll"> = {
    enqueueAll: async (tx, queue, some) => {
      // Fails when the transaction does not let the jobs in.
      await tx.run({ text: "select 1", values: [], name: undefined });
      tx.afterCommit(() => waiting.push(...some.map(({ data }) => ({ queue: queue.name, data }))));
      return some.length;
    },
  };
  const deps: TellDeps = {
    db,
    clock,
    catalog: {
      batchGetVariants: async ({ skus = [] }) => {
        const known = skus.filter((sku) => titles.has(sku));
        return create(BatchGetVariantsResponseSchema, {
          variants: known.map((sku) => ({
            variant: { sku, title: "blue" },
            productTitle: titles.get(sku) ?? "",
          })),
        });
      },
    },
    notify: {
      notifyStock: async (init) => {
        const { eventKey: key, kind, email: to, language, items } = create(NotifyStockRequestSchema, init);
        const { failing } = check;
        check.failing = undefined;
        if (failing !== undefined) throw failing;
        for (const { sku, title, available } of items) {
          told.push({ key, kind: StockEventKind[kind], to, language, sku, title, available });
        }
        return create(NotifyStockResponseSchema);
      },
    },
  };
  const check: TestCheck = {
    waiting,
    told,
    titles,
    failing: undefined,
    check: () => checkStock({ db, clock, jobs }),
    work: async () => {
      let failed = 0;
      for (const job of waiting.splice(0)) {
        try {
          if (job.queue === lowStockQueue.name) await tellLowStock(deps, job.data as LowStockJob);
          else if (job.queue === noticeQueue.name) await tellBackInStock(deps, job.data as NoticeJob);
          else throw new Error(`nobody works on ${job.queue}`);
        } catch {
          failed++;
          waiting.push(job);
        }
      }
      return failed;
    },
  };
  return check;
}
