import { create } from "@bufbuild/protobuf";
import {
  Code,
  ConnectError,
  createClient,
  createRouterTransport,
  type HandlerContext,
} from "@connectrpc/connect";
import { expect, test } from "vitest";
import { InventoryService, WatchStockResponseSchema } from "../../gen/rowlock/inventory/v1/inventory_pb.js";
import { reasonOf } from "../../lib/errors/reasons.ts";
import { waitFor } from "../../lib/testing/wait-for.ts";
import { readAll } from "../../lib/watch/testing/take.ts";
import { createEndingStreams } from "./ending-streams.ts";

/** A watch that sends as many messages, then waits until its client leaves, or ends. */
function watching({ messages, atLast }: { messages: number; atLast: "wait" | "end" | "fail" }) {
  const begun = Promise.withResolvers<void>();
  const left = Promise.withResolvers<void>();
  const streams = createEndingStreams(
    createRouterTransport(({ rpc }) => {
      rpc(InventoryService.method.watchStock, async function* (_request, { signal }: HandlerContext) {
        begun.resolve();
        for (let i = 1; i <= messages; i++) yield create(WatchStockResponseSchema, { eventId: String(i) });
        if (atLast === "fail") throw new ConnectError("burnt", Code.Internal);
        if (atLast === "end") return;
        await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
        left.resolve();
      });
      rpc(InventoryService.method.getStock, () => ({ sku: "MUG" }));
    }),
  );
  const client = createClient(InventoryService, streams.transport);
  return { streams, client, begun: begun.promise, left: left.promise };
}

test("what is watched is ended at once, whether or not anything came, and the service hears of it", async () => {
  for (const messages of [0, 2]) {
    const { streams, client, begun, left } = watching({ messages, atLast: "wait" });
    const controller = new AbortController();
    const reading = readAll(client.watchStock({ skus: ["MUG"] }, { signal: controller.signal }));
    await begun;
    const got: unknown[] = [];
    await waitFor(() => got.push(...reading.take()) >= messages);
    streams.end();
    const err = await reading.ended;
    expect([ConnectError.from(err).code, reasonOf(err)]).toEqual([Code.Unavailable, "SHUTTING_DOWN"]);
    expect(got).toHaveLength(messages);
    controller.abort();
    await left;
  }
});

test("what is begun afterwards is refused; calls are served to the end", async () => {
  const { streams, client } = watching({ messages: 1, atLast: "end" });
  streams.end();
  expect(reasonOf(await readAll(client.watchStock({ skus: ["MUG"] })).ended)).toBe("SHUTTING_DOWN");
  expect((await client.getStock({ sku: "MUG" })).sku).toBe("MUG");
});

test.each([
  ["end", undefined],
  ["fail", Code.Internal],
] as const)("messages, and the %s of a stream, pass as they are", async (atLast, code) => {
  const { streams, client } = watching({ messages: 3, atLast });
  const reading = readAll(client.watchStock({ skus: ["MUG"] }));
  const err = await reading.ended;
  expect(err === undefined ? undefined : ConnectError.from(err).code).toBe(code);
  expect(reading.take().map(({ eventId }) => eventId)).toEqual(["1", "2", "3"]);
  streams.end();
});
