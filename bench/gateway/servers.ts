import { randomUUID } from "node:crypto";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { type FastifyInstance, fastify } from "fastify";
import { createTranscoder } from "../../gateway/transcoder/index.ts";
import { ShelfService } from "../../gateway/transcoder/testing/shelf.ts";
import { EchoService } from "../../gen/rowlock/testing/v1/echo_pb.js";
import { createDirectTransport, createRoutingTransport } from "../../lib/rpc/index.ts";
import { keepDeadline } from "../../lib/rpc/interceptors/keep-deadline.ts";
import { validateRequests } from "../../lib/rpc/interceptors/validate.ts";
import { defineService } from "../../lib/rpc/service.ts";
import { createEchoService } from "../../lib/rpc/testing/echo-service.ts";
import { frontDoor } from "./front-door.ts";
import { workloads } from "./workloads.ts";

/** Milliseconds that a call may take; the transcoder's default. */
const timeoutMs = 30_000;

/** Servers that echo the workloads; each answers the port it listens on. */
export const servers: Record<string, () => Promise<number>> = {
  /**
   * The routes of the contracts, calling services in the same process: what a hand-written route does (route, read,
   * validate, call, write), each call with a deadline. Who calls and how often is the front door's to ask.
   */
  transcoder: () => {
    const echo = createEchoService({ echo: ({ text }) => ({ text }) });
    const shelf = defineService(ShelfService, {
      createBook: (request: { book: object }) => request.book,
    } as never);
    const services = [EchoService, ShelfService];
    const interceptors = [keepDeadline(), validateRequests()];
    const transport = createRoutingTransport({
      [EchoService.typeName]: createDirectTransport({ services: [echo], interceptors }),
      [ShelfService.typeName]: createDirectTransport({ services: [shelf], interceptors }),
    });
    return listen(createTranscoder({ services, transport }));
  },

  /** The transcoder behind all else that a request of the gateway goes through. */
  "front door": () => listen(frontDoor()),

  /** Routes written by hand, body and answer described by a JSON schema: the yardstick. */
  fastify: () => serveFastify(fastify()),

  /** The same with what the transcoder does besides: a deadline, request ids, and its headers. */
  "fastify, all": () => {
    const app = fastify({ handlerTimeout: timeoutMs, genReqId: () => randomUUID() });
    app.addHook("onRequest", (request, reply, done) => {
      void reply.header("x-request-id", request.id);
      void reply.header("x-content-type-options", "nosniff");
      void reply.header("cache-control", "no-store");
      done();
    });
    return serveFastify(app);
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

async function serveFastify(app: FastifyInstance): Promise<number> {
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
}

async function listen(listener: RequestListener): Promise<number> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}
