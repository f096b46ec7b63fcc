import { Agent, type IncomingMessage, request } from "node:http";
import { expect, test } from "vitest";
import { describeRoutes } from "./routes.ts";
import { fuzz, fuzzHandlers } from "./testing/fuzz.ts";
import { Random } from "./testing/random.ts";
import { type RandomRequest, randomRequest } from "./testing/random-requests.ts";
import { serveShelf } from "./testing/serve.ts";
import { ShelfService } from "./testing/shelf.ts";

// `node bench/gateway/fuzz.ts` does the same a million times.
test("random requests in process agree with the reference", async () => {
  const { statuses, calls } = await fuzz({ seed: 1, requests: 6000 });
  // They got past every gate, and not always.
  for (const status of [200, 204, 304, 400, 404, 405, 406, 412, 415, 431]) {
    expect(statuses, `status ${status}`).toHaveProperty(String(status));
  }
  expect(calls).toBeGreaterThan(1000);
}, 60_000);

test("over a socket no random request is a 500, a crash or a hang", async () => {
  const faults: unknown[] = [];
  await using serving = await serveShelf(fuzzHandlers, {
    onError: ({ status, error }) => {
      if (status >= 500) faults.push(error);
    },
  });
  const random = new Random(4);
  const routes = describeRoutes([ShelfService]);
  const agent = new Agent({ keepAlive: true });
  const statuses = new Set<number>();
  try {
    for (let i = 0; i < 1000; i++) {
      const given = randomRequest(random, routes);
      // node's client refuses to send these itself.
      if (/[^\x21-\x7e]/.test(`${given.path}${given.query}`) || !given.path.startsWith("/")) continue;
      const status = await send(given);
      statuses.add(status);
      expect({ given, server: status >= 500, faults }).toEqual({ given, server: false, faults: [] });
    }
  } finally {
    agent.destroy();
  }
  for (const status of [200, 204, 400, 404, 405, 406, 415]) expect(statuses).toContain(status);

  function send({ method, path, query, headers, body }: RandomRequest): Promise<number> {
    return new Promise((resolve, reject) => {
      const given = body === undefined ? headers : { ...headers, "content-length": String(body.length) };
      const target = `${serving.url}${path}${query === undefined ? "" : `?${query}`}`;
      const options = { agent, method, headers: given, timeout: 5000 };
      const sent = request(target, options, (response: IncomingMessage) => {
        response.resume().on("end", () => resolve(response.statusCode ?? 0));
      });
      sent.on("error", reject).on("timeout", () => reject(new Error(`no answer to ${method} ${target}`)));
      sent.end(body);
    });
  }
});
