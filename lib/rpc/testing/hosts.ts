import { createServer } from "node:http2";
import type { AddressInfo } from "node:net";
import type { Interceptor, Transport } from "@connectrpc/connect";
import { createConnectTransport, createGrpcWebTransport } from "@connectrpc/connect-node";
import { pino } from "pino";
import { createConnectHandler } from "../connect-routes.ts";
import { createDirectTransport } from "../direct-transport.ts";
import { createGrpcServer } from "../grpc-server.ts";
import { createGrpcTransport } from "../grpc-transport.ts";
import type { ServiceDefinition } from "../service.ts";
import { testSigner } from "./interceptors.ts";

/** Services behind one of the runtime's hosts, and a client's way to them. */
export interface TestHost extends AsyncDisposable {
  transport: Transport;
  /** `127.0.0.1:port`; empty in process. */
  address: string;
}

/** The ways in which the same handlers are reached. */
export const hostKinds = ["direct", "grpc", "connect", "grpc-web"] as const;

/** Hosts the services on a free port of 127.0.0.1, or in process. */
export async function startHost(
  kind: (typeof hostKinds)[number],
  {
    services,
    interceptors,
  }: { services: readonly ServiceDefinition[]; interceptors: readonly Interceptor[] },
): Promise<TestHost> {
  switch (kind) {
    case "direct":
      return {
        transport: createDirectTransport({ services, interceptors }),
        address: "",
        [Symbol.asyncDispose]: async () => {},
      };
    case "grpc": {
      const server = await createGrpcServer({
        services,
        interceptors,
        address: "127.0.0.1:0",
        log: pino({ level: "silent" }),
      });
      const address = `127.0.0.1:${server.port}`;
      const transport = createGrpcTransport({
        address,
        services: services.map(({ desc }) => desc),
        signer: testSigner,
      });
      return {
        transport,
        address,
        async [Symbol.asyncDispose]() {
          transport[Symbol.dispose]();
          await server.drain({ graceMs: 0 });
        },
      };
    }
    case "connect":
    case "grpc-web":
      return startConnectHost(kind, services, interceptors);
    default:
      return kind satisfies never;
  }
}

async function startConnectHost(
  kind: "connect" | "grpc-web",
  services: readonly ServiceDefinition[],
  interceptors: readonly Interceptor[],
): Promise<TestHost> {
  const handler = createConnectHandler({ services, interceptors });
  // HTTP/2 in the clear: the one version on which Connect streams in both directions at once.
  const server = createServer(handler as unknown as Parameters<typeof createServer>[0]);
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const sessions = new Set<{ destroy(): void }>();
  server.on("session", (session) => {
    sessions.add(session);
    session.on("close", () => sessions.delete(session));
  });
  const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const options = { baseUrl: `http://${address}`, httpVersion: "2" } as const;
  return {
    transport: kind === "connect" ? createConnectTransport(options) : createGrpcWebTransport(options),
    address,
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => {
        server.close(resolve);
      });
      for (const session of sessions) {
        session.destroy();
      }
      await closed;
    },
  };
}
