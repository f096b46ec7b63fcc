import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { fastify } from "fastify";
import { createTranscoder } from "../../gateway/transcoder/index.ts";
import { ShelfService } from "../../gateway/transcoder/testing/shelf.ts";
import { EchoService } from "../../gen/rowlock/testing/v1/echo_pb.js";
import { createDirectTransport, createRoutingTransport } from "../../lib/rpc/index.ts";
import { defineService } from "../../lib/rpc/service.ts";
import { createEchoService } from "../../lib/rpc/testing/echo-service.ts";
import { workloads } from "./workloads.ts";

/** Servers that echo the workloads; each answers the port it listens on. */
export const servers: Record<string, () => Promise<number>> = {
  /** The routes of the contracts, calling services in the same process. */
  transcoder: () => {
    const echo = createEchoService({ echo: ({ text }) => ({ text }) });
    const shelf = defineService(ShelfService, {
      createBook: (request: { book: object }) => request.book,
    } as never);
    const services = [EchoService, ShelfService];
    const transport = createRoutingTransport({
      [EchoService.typeName]: createDirectTransport({ services: [echo] }),
      [ShelfService.typeName]: createDirectTransport({ services: [shelf] }),
    });
    return listen(createTranscoder({ services, transport }));
  },

  /** Routes written by hand, body and answer described by a JSON schema. */
  fastify: async () => {
    const app = fastify();
    for (const { method, route, schema } of workloads) {
      app.route({
        method,
        url: route,
        schema: { body: schema, response: { 200: schema } },
        handler: async (request) => request.body,
      });
    }
    await app.listen({ host: "127.0.0.1", port: 0 });
    return (app.server.address() as AddressInfo).port;
  },

  /** What node:http alone costs: any body is parsed and written again. */
  "node:http": () =>
    listen((request, response) => {
      let text = "";
      request.setEncoding("utf8");
      request.on("data", (chunk: string) => {
        text += chunk;
      });
      request.on("end", () => {
        const body = JSON.stringify(JSON.parse(text));
        const length = Buffer.byteLength(body);
        response.writeHead(200, { "content-type": "application/json", "content-length": length });
        response.end(body);
      });
    }),
};

async function listen(listener: RequestListener): Promise<number> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}
