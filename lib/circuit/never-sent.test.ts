import { createServer, get } from "node:http";
import { expect, test } from "vitest";
import { freePort } from "../testing/free-port.ts";
import { CircuitOpen } from "./circuit.ts";
import { neverSent } from "./never-sent.ts";

const codeOf = (url: string) =>
  new Promise<string | undefined>((resolve, reject) => {
    get(url, () => reject(new Error("there was an answer"))).on("error", (err: NodeJS.ErrnoException) =>
      resolve(err.code),
    );
  });

test("nothing was sent where nobody listens, to a host that has no address, or through an open circuit", async () => {
  expect(neverSent(await codeOf(`http://127.0.0.1:${await freePort()}`))).toBe(true);
  expect(neverSent(await codeOf("http://vendor.invalid"))).toBe(true);
  expect(neverSent(new CircuitOpen("Vendor").code)).toBe(true);
});

test("a request whose connection breaks may be at work", async () => {
  const server = createServer(({ socket }) => socket.destroy());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  expect(neverSent(await codeOf(`http://127.0.0.1:${port}`))).toBe(false);
  server.close();
});

test("a failure without a code says nothing", () => {
  expect(neverSent(undefined)).toBe(false);
});
