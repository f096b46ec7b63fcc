import type { Interceptor } from "@connectrpc/connect";
import { Server, ServerCredentials } from "@grpc/grpc-js";
import { HealthImplementation } from "grpc-health-check";
import type { Log } from "../telemetry/log.ts";
import { within } from "../within.ts";
import { bindServices } from "./bound-method.ts";
import { defaultMaxAnswerBytes } from "./grpc-channel.ts";
import { grpcService } from "./grpc-handlers.ts";
import { LiveCalls } from "./live-calls.ts";
import { failRpc } from "./reasons.ts";
import { createReflection } from "./reflection.ts";
import type { ServiceDefinition } from "./service.ts";

/** A listening gRPC server. */
export interface GrpcServer {
  /** The port it listens on. */
  readonly port: number;
  /** What the health service says: of one service by its full name, or of the whole server. */
  setServing(serving: boolean, service?: string): void;
  /**
   * Stops: says NOT_SERVING, takes no new call, lets running calls finish for `graceMs`
   * (default 10,000), then gives up those left with UNAVAILABLE, reason SHUTTING_DOWN.
   * Safe to call more than once.
   */
  drain(options?: { graceMs?: number }): Promise<void>;
  /** As `drain`. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** Once the calls are done, connections held open by health watches are not waited for longer than this. */
const idleConnectionsMs = 500;

/**
 * Serves gRPC on `address` (`127.0.0.1:0` takes a free port). Health is always served, reflection
 * unless switched off. A request of more than `maxMessageBytes` (default 4 MiB) is RESOURCE_EXHAUSTED, an answer of
 * more than `maxAnswerBytes` (64 MiB) as well: all that is known of a customer is one.
 * Rejects when the address cannot be bound.
 */
export async function createGrpcServer({
  services,
  interceptors,
  address,
  credentials = ServerCredentials.createInsecure(),
  reflection = true,
  maxMessageBytes = 4 * 1024 * 1024,
  maxAnswerBytes = defaultMaxAnswerBytes,
  log,
}: {
  services: readonly ServiceDefinition[];
  interceptors: readonly Interceptor[];
  address: string;
  credentials?: ServerCredentials;
  reflection?: boolean;
  maxMessageBytes?: number;
  maxAnswerBytes?: number;
  log: Log;
}): Promise<GrpcServer> {
  const server = new Server({
    "grpc.max_receive_message_length": maxMessageBytes,
    "grpc.max_send_message_length": maxAnswerBytes,
    // Without it forceShutdown finds no connections to close. It costs about 3 % of a call.
    "grpc.enable_channelz": 1,
  });
  const live = new LiveCalls();
  const bound = bindServices({ services, interceptors });
  for (const { desc } of services) {
    const { definition, handlers } = grpcService(
      bound.filter(({ method }) => method.parent === desc),
      live,
    );
    server.addService(definition, handlers);
  }
  const names = services.map(({ desc }) => desc.typeName);
  const health = new HealthImplementation({ "": "SERVING" });
  for (const name of names) {
    health.setStatus(name, "SERVING");
  }
  health.addToServer(server);
  if (reflection) {
    createReflection(services.map(({ desc }) => desc)).addToServer(server);
  }
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync(address, credentials, (err, bound) => (err === null ? resolve(bound) : reject(err)));
  });
  log.debug({ port, services: names }, "grpc server listens");

  async function stop(graceMs: number): Promise<void> {
    for (const name of ["", ...names]) {
      health.setStatus(name, "NOT_SERVING");
    }
    const closed = new Promise<void>((resolve) => {
      server.tryShutdown(() => resolve());
    });
    const idle = Promise.race([closed, live.whenIdle()]);
    if (!(await isOverWithin(graceMs, idle))) {
      log.warn({ calls: live.size }, "grpc server gives up the calls that are left");
      live.abortAll(failRpc("SHUTTING_DOWN", {}));
    }
    if (!(await isOverWithin(idleConnectionsMs, closed))) {
      server.forceShutdown();
      await closed;
    }
  }

  let stopping: Promise<void> | undefined;
  const drain = ({ graceMs = 10_000 }: { graceMs?: number } = {}) => {
    stopping ??= stop(graceMs);
    return stopping;
  };
  return {
    port,
    setServing: (serving, service = "") => health.setStatus(service, serving ? "SERVING" : "NOT_SERVING"),
    drain,
    [Symbol.asyncDispose]: () => drain(),
  };
}

const isOverWithin = (ms: number, promise: Promise<void>): Promise<boolean> =>
  within(
    promise.then(() => true),
    { ms, late: () => false },
  );
