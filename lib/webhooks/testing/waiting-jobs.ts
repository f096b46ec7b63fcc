import type { Jobs } from "../../jobs/index.ts";
import type { Inbox, WebhookWork } from "../index.ts";

/** Jobs of the inbox that wait until the test has them worked on. */
export class WaitingJobs {
  readonly #waiting: WebhookWork[] = [];

  /** What the service enqueues with: a job is there when its transaction commits. */
  readonly enqueuer: Pick<Jobs, "enqueue" | "enqueueAll"> = {
    enqueue: async (tx, queue, data) => {
      await this.enqueuer.enqueueAll(tx, queue, [{ data }]);
      return "job";
    },
    enqueueAll: async (tx, _, jobs) => {
      tx.afterCommit(() => this.#waiting.push(...jobs.map(({ data }) => data as object as WebhookWork)));
      return jobs.length;
    },
  };

  /** How many wait. */
  get size(): number {
    return this.#waiting.length;
  }

  /** Runs each waiting job once; those that fail wait on. What they failed with. */
  async work(inbox: Inbox): Promise<unknown[]> {
    const errors: unknown[] = [];
    for (const data of this.#waiting.splice(0)) {
      await inbox.work({ data, attempt: 1, signal: new AbortController().signal }).catch((err: unknown) => {
        errors.push(err);
        this.#waiting.push(data);
      });
    }
    return errors;
  }
}
