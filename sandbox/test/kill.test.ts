import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import type Stripe from "stripe";
import { expect, test } from "vitest";
import { waitFor } from "../../lib/testing/wait-for.ts";
import { sdkClients } from "./clients.ts";

async function serve(dataDir: string, webhookBaseUrl: string): Promise<{ child: ChildProcess; url: string }> {
  const child = spawn(
    process.execPath,
    [join(import.meta.dirname, "../testing/serve.ts"), dataDir, webhookBaseUrl],
    {
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  const [url] = (await once(createInterface({ input: child.stdout }), "line")) as [string];
  return { child, url };
}

async function kill(child: ChildProcess): Promise<void> {
  const exit = once(child, "exit");
  child.kill("SIGKILL");
  await exit;
}

test("what was answered survives SIGKILL, and its webhooks arrive", { timeout: 60_000 }, async () => {
  const dataDir = mkdtempSync(join(tmpdir(), "sandbox-"));
  const told = new Set<string>();
  let down = true;
  const shop = createServer((req, res) => {
    let body = "";
    req.on("data", (chunk: Buffer) => (body += chunk.toString()));
    req.on("end", () => {
      const { type, data } = JSON.parse(body) as Stripe.Event;
      if (!down && type === "payment_intent.succeeded") told.add((data.object as { id: string }).id);
      res.writeHead(down ? 500 : 204).end();
    });
  });
  await new Promise<void>((resolve) => shop.listen(0, "127.0.0.1", resolve));
  const shopUrl = `http://127.0.0.1:${(shop.address() as AddressInfo).port}`;
  let running = await serve(dataDir, shopUrl);
  try {
    const settings = { rules: [{ vendor: "twilio", path: "/", kind: "drop_after", times: 3 }] };
    await fetch(`${running.url}/sandbox/api/faults`, { method: "PUT", body: JSON.stringify(settings) });
    const answered: string[] = [];
    const { stripe } = sdkClients(running.url);
    const pay = async (buyer: number) => {
      for (let n = 0; ; n += 1) {
        const intent = await stripe.paymentIntents
          .create(
            {
              amount: 900,
              currency: "usd",
              payment_method: "pm_card_visa",
              confirm: true,
              return_url: shopUrl,
            },
            { idempotencyKey: `${buyer}-${n}` },
          )
          .catch(() => undefined);
        if (!intent) return;
        answered.push(intent.id);
      }
    };
    const buyers = Promise.all(Array.from({ length: 8 }, (_, buyer) => pay(buyer)));
    await waitFor(() => answered.length >= 40);
    await kill(running.child);
    await buyers;

    down = false;
    running = await serve(dataDir, shopUrl);
    const paid = new Map<string, string>();
    for await (const { id, status } of sdkClients(running.url).stripe.paymentIntents.list({ limit: 100 })) {
      paid.set(id, status);
    }
    expect(answered.map((id) => paid.get(id))).toEqual(answered.map(() => "succeeded"));
    await waitFor(() => answered.every((id) => told.has(id)), { timeoutMs: 30_000 });
    const report = (await (await fetch(`${running.url}/sandbox/api/faults`)).json()) as object;
    expect(report).toMatchObject({ settings });
  } finally {
    await kill(running.child);
    shop.closeAllConnections();
    await new Promise((resolve) => shop.close(resolve));
    rmSync(dataDir, { recursive: true });
  }
});
