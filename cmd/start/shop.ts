import type { RequestListener } from "node:http";
import { type Clock, systemClock } from "../../lib/clock.ts";
import { createJobs } from "../../lib/jobs/index.ts";
import { createConnectHandler } from "../../lib/rpc/connect-routes.ts";
import { createGrpcServer } from "../../lib/rpc/grpc-server.ts";
import {
  createAuthenticator,
  createDirectTransport,
  createPrincipalSigner,
  createServerInterceptors,
} from "../../lib/rpc/index.ts";
import type { Log } from "../../lib/telemetry/log.ts";
import { askGateway, staffKeysOf } from "./auth.ts";
import { type Config, withHttpPort } from "./config.ts";
import { createDatabase, schemas } from "./database.ts";
import { createGateway } from "./gateway.ts";
import { serveHttp } from "./http.ts";
import { answerStarting } from "./http-refusals.ts";
import { createMetrics } from "./metrics.ts";
import { createNetwork, type Network, requireAll, serviceNames } from "./network.ts";
import { createProviders } from "./providers.ts";
import { askRedis, isRedisReply } from "./redis.ts";
import { noSecrets, readSecrets, type Secrets } from "./secrets.ts";
import { type Made, makers, queuesOf } from "./services.ts";
import { untilThere } from "./until-there.ts";

/** A running process: some or all of the services, and the gateway. */
export interface Shop {
  httpUrl: string;
  grpcAddress: string;
  sandboxUrl: string | undefined;
  /** The vendors that the sandbox plays. */
  played: readonly string[];
  secrets: Secrets;
  databaseIsEmbedded: boolean;
  network: Network;
  /** Stops taking calls, finishes those under way, hands jobs back, closes everything. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** Milliseconds that calls under way have to finish when the process stops. */
const graceMs = 10_000;

/**
 * Puts a process together and starts it: configuration → database → services →
 * ports → workers. Whatever was started is stopped again when a later step fails.
 */
export async function startShop({
  config: given,
  log,
  clock = systemClock,
}: {
  config: Config;
  log: Log;
  clock?: Clock;
}): Promise<Shop> {
  await using stack = new AsyncDisposableStack();
  const here = new Set(given.parts);
  if (here.has("gateway")) requireAll({ here, addresses: given.addresses });
  // Listens first: links and webhooks name the port, also one that the system has chosen.
  let ready = false;
  let handler: RequestListener = answerStarting;
  const metrics = createMetrics();
  const http = await serveHttp({
    host: given.host,
    port: given.httpPort,
    isReady: () => ready,
    metrics: metrics.text,
    handler: (request, response) => handler(request, response),
  });
  stack.defer(() => http.drain(0));
  const config = withHttpPort(given, http.port);
  const names = serviceNames.filter((name) => here.has(name));
  const secrets = names.length > 0 ? await readSecrets(config) : noSecrets();
  const signer = createPrincipalSigner({
    key: Buffer.from(secrets.serviceKey),
    otherKeys: secrets.otherServiceKeys.map((key) => Buffer.from(key)),
  });
  const onStatement = metrics.countStatement;
  const network = stack.use(createNetwork({ here, addresses: config.addresses, signer }));
  const database = stack.use(await createDatabase({ config, services: names, log, onStatement }));
  // The gateway's limits of rate do without.
  if (config.redisUrl !== "" && here.has("cart")) {
    await untilThere({
      name: "the Redis of REDIS_URL",
      use: () => askRedis(config.redisUrl),
      isAway: (err) => !isRedisReply(err),
      patienceMs: config.startPatienceMs,
      log,
    });
  }
  const providers = stack.use(await createProviders(config, log));
  const workers = names.filter((name) => queuesOf[name] !== undefined);
  const jobs = stack.use(
    createJobs({
      url: database.url,
      queues: workers.flatMap((name) => queuesOf[name] ?? []),
      schemas: workers.map((name) => schemas[name].name),
      log,
      onStatement,
    }),
  );
  const parts = { config, clock, log, database, network, jobs, providers, secrets };
  const made: Made[] = [];
  for (const name of names) made.push(await makers[name](parts));
  stack.defer(async () => {
    for (const service of made) await service.close?.();
  });

  const services = made.flatMap((service) => service.services);
  const auth = made.find((service) => service.auth !== undefined)?.auth;
  const [asking] = names;
  const elsewhere = config.addresses.gateway !== undefined && asking !== undefined;
  const interceptors = createServerInterceptors({
    services: services.map((service) => service.desc),
    authenticator: createAuthenticator({
      staffKeys: staffKeysOf(secrets),
      signer,
      findHolder: auth?.findHolder ?? (elsewhere ? askGateway(network, asking) : undefined),
    }),
    log,
    observe: metrics.observe,
  });
  network.connect(createDirectTransport({ services, interceptors }));

  const connect = createConnectHandler({ services, interceptors });
  const gateway = auth && stack.use(createGateway({ config, network, log, metrics, auth }));

  const address = `${config.host}:${config.grpcPort}`;
  const grpc = stack.use(await createGrpcServer({ services, interceptors, address, log }));
  stack.defer(async () => {
    ready = false;
    gateway?.endStreams();
    await Promise.all([grpc.drain({ graceMs }), http.drain(graceMs)]);
  });
  for (const service of made) service.work?.();
  if (workers.length > 0) await jobs.start();
  for (const service of made) {
    if (service.sweep !== undefined) stack.use(service.sweep());
  }
  // Not before: a webhook may want a job done.
  handler = gateway?.listener ?? connect;
  ready = true;

  const stop = stack.move();
  return {
    httpUrl: `http://${config.host}:${http.port}`,
    grpcAddress: `${config.host}:${grpc.port}`,
    sandboxUrl: providers.sandboxUrl,
    played: providers.played,
    secrets,
    databaseIsEmbedded: database.embedded,
    network,
    [Symbol.asyncDispose]: () => stop.disposeAsync(),
  };
}
