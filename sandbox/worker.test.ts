import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { startSandboxWorker } from "./start-in-worker.ts";
import { sdkClients } from "./test/clients.ts";

test("a thread of its own answers, tells its log and stops", async () => {
  const lines: string[] = [];
  const note = (_: object, message: string) => lines.push(message);
  const sandbox = await startSandboxWorker({
    dataDir: ":memory:",
    log: { debug: note, info: note, warn: note, error: note },
  });
  const { stripe } = sdkClients(sandbox.url);
  expect(await stripe.customers.create({ name: "A" })).toMatchObject({ name: "A" });
  expect(lines).toContain("sandbox is listening");
  await sandbox[Symbol.asyncDispose]();
  await expect(stripe.customers.list()).rejects.toMatchObject({ type: "StripeConnectionError" });
  await sandbox[Symbol.asyncDispose]();
});

test("a port in use is an error", async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await expect(startSandboxWorker({ dataDir: ":memory:", port })).rejects.toThrow(
    /did not start: .*EADDRINUSE/,
  );
  await new Promise((resolve) => server.close(resolve));
});
