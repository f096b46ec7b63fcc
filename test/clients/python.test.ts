import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buf, isInstalled, root } from "../../lib/testing/programs.ts";
import { openShop, type TestShop } from "../support/shop.ts";

const run = promisify(execFile);
// Debian's, whatever else is first in the path.
const python = "/usr/bin/python3";
const script = fileURLToPath(new URL("place_order.py", import.meta.url));

describe.skipIf(!isInstalled(python, ["-c", "import grpc, google.protobuf"]))("grpcio", () => {
  let shop: TestShop;
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "rowlock-python-"));
    await run(buf, ["build", "-o", join(folder, "image.binpb")], { cwd: root });
    shop = await openShop();
    await shop.sell("PY-1", { price: 1450 });
    await shop.sell("PY-2", { price: 990 });
  });
  afterAll(async () => {
    await shop?.[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  test("places an order and pays it", async () => {
    const args = [script, shop.grpcAddress, join(folder, "image.binpb"), "PY-1", "PY-2"];
    const { stdout } = await run(python, args, { timeout: 30_000 });
    const told = JSON.parse(stdout);
    const { body: order } = await shop.rest("GET", `/v1/orders/${told.order_id}`, { staff: shop.staff });
    expect(told).toEqual({
      order_id: expect.stringMatching(/^ord_/),
      same_order_again: true,
      lines: ["PY-1", "PY-2"],
      declined: { code: "FAILED_PRECONDITION", reason: "PAYMENT_DECLINED" },
      state: "STATE_PAID",
      payment: "STATE_CAPTURED",
      // Protobuf's own JSON writes an int64 as text.
      total: { currencyCode: "USD", amount: String(order.total.amount) },
    });
    expect(order.itemTotal.amount).toBe(1450 + 990);
    expect(["STATE_PAID", "STATE_FULFILLED"]).toContain(order.state);
    expect(await shop.stock("PY-1")).toMatchObject({ onHand: 99, reserved: 0 });
  });
});
