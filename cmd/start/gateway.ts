import type { RequestListener } from "node:http";
import type { DescMethod, DescService } from "@bufbuild/protobuf";
import { Redis } from "ioredis";
import type { Auth } from "../../gateway/auth/index.ts";
import { createDocs } from "../../gateway/docs/index.ts";
import { logAccess } from "../../gateway/front/access-log.ts";
import { createAdmission } from "../../gateway/front/admission.ts";
import { allowOrigins } from "../../gateway/front/allow-origins.ts";
import { createClientAddress } from "../../gateway/front/client-address.ts";
import { createEndingStreams } from "../../gateway/front/ending-streams.ts";
import { identifyRequests } from "../../gateway/front/identify-requests.ts";
import { limitAddresses } from "../../gateway/front/limit-addresses.ts";
import { limitSignIns } from "../../gateway/front/limit-sign-ins.ts";
import { createOrigins } from "../../gateway/front/origins.ts";
import { createRateLimiter } from "../../gateway/front/rate-limiter.ts";
import { createRefuse } from "../../gateway/front/refuse.ts";
import { refuseForgeries } from "../../gateway/front/refuse-forgeries.ts";
import { addSecurityHeaders } from "../../gateway/front/security-headers.ts";
import { serveRpc } from "../../gateway/front/serve-rpc.ts";
import { throughLayers, visitOf } from "../../gateway/front/visit.ts";
import { httpStatus } from "../../gateway/transcoder/http-status.ts";
import { createTranscoder, describeRoutes } from "../../gateway/transcoder/index.ts";
import { reasonOf } from "../../lib/errors/reasons.ts";
import { createRoutingTransport } from "../../lib/rpc/index.ts";
import type { Log } from "../../lib/telemetry/log.ts";
import { apiDocument } from "./api-document.ts";
import type { Config } from "./config.ts";
import { facadeHeaders, hostedFacades } from "./legacy.ts";
import type { Metrics } from "./metrics.ts";
import { contracts, type Network, serviceNames } from "./network.ts";

/** Headers that go on to the services: the trace's, and what the vendors sign their webhooks with. No credentials. */
const forwardHeaders = [
  "traceparent",
  "tracestate",
  "stripe-signature",
  "x-twilio-signature",
  "x-twilio-email-event-webhook-signature",
  "x-twilio-email-event-webhook-timestamp",
];

/**
 * Sign-ins from one address, as a multiple of those at one account: many buyers may share an address, and few
 * of them sign in within the same minute.
 */
const accountsPerAddress = 30;

/** The gateway, ready to be given requests. */
export interface Gateway {
  listener: RequestListener;
  /** Ends what is being watched, with UNAVAILABLE: the process stops, and watchers are served elsewhere. */
  readonly endStreams: () => void;
  [Symbol.dispose](): void;
}

/**
 * The front door, and behind it: the documents; sign-in; Connect and gRPC-Web, whose paths begin with the services'
 * names; REST. What none of them has is answered 404 in REST's shape of errors.
 */
export function createGateway({
  config,
  network,
  log,
  metrics,
  auth,
}: {
  config: Config;
  network: Network;
  log: Log;
  metrics: Metrics;
  auth: Pick<Auth, "handler" | "authenticator">;
}): Gateway {
  const redis = openRedis(config, log);
  const limiter = (name: string, perMinute: number) =>
    createRateLimiter({ name, perMinute, redis, onRefused: metrics.countRateLimited });
  const { publicUrl } = config;
  const origins = createOrigins(config.origins);

  const facades = hostedFacades(config);
  const services: DescService[] = [...Object.values(contracts), ...facades.map(({ desc }) => desc)];
  const rpcNames = new Set(services.map((service) => service.typeName));
  const isRpc = ({ url = "/" }: { url?: string | undefined }) =>
    rpcNames.has(url.slice(1, url.indexOf("/", 1)));
  const refuse = createRefuse({ isRpc });
  const streams = createEndingStreams(
    createRoutingTransport({
      ...Object.fromEntries(serviceNames.map((name) => [contracts[name].typeName, network.outside(name)])),
      ...Object.fromEntries(facades.map(({ desc }) => [desc.typeName, network.outside("gateway")])),
    }),
  );
  const { transport } = streams;
  const admit = createAdmission({
    authenticator: auth.authenticator,
    buyers: limiter("buyer", config.rateLimit),
    keys: limiter("key", config.keyRateLimit),
  });

  const docs = createDocs({
    document: () => apiDocument({ services }),
    onError: (err) => log.error({ err }, "docs"),
  });
  const rpc = serveRpc({
    services,
    transport,
    forwardHeaders,
    admit,
    refuse,
    onError: ({ error, code, request }) => logFault("rpc", { error, status: httpStatus(code), request }),
  });
  const headersOf = facadeHeaders(facades);
  const templates = new Map<DescMethod, string>();
  for (const { method, template } of describeRoutes(services).reverse()) templates.set(method, template);
  const rest = createTranscoder({
    services,
    transport,
    forwardHeaders,
    responseHeaders: ["cache-control", "content-security-policy", "location", "set-cookie"],
    prepare: ({ request, method, metadata }) => {
      visitOf(request).route = templates.get(method);
      Object.assign(metadata, headersOf(request, method));
      return admit({ request, method });
    },
    onError: ({ error, status, request, method }) => {
      if (method !== undefined) visitOf(request).route ??= templates.get(method);
      logFault("rest", { error, status, request });
    },
  });

  const listener = throughLayers(
    [
      identifyRequests({ clientAddress: createClientAddress(config.trustedProxies) }),
      logAccess({ log, observe: metrics.observeRequest }),
      addSecurityHeaders({ publicUrl }),
      allowOrigins({ origins }),
      refuseForgeries({ origins, publicUrl, refuse }),
      limitAddresses({ limiter: limiter("address", config.addressRateLimit), refuse }),
      limitSignIns({
        accounts: limiter("account", config.signInRateLimit),
        addresses: limiter("sign-in", config.signInRateLimit * accountsPerAddress),
        refuse,
      }),
    ],
    (request, response) => {
      if (docs(request, response)) {
        visitOf(request).route = "/docs";
      } else if (request.url?.startsWith("/v1/auth/")) {
        visitOf(request).route = "/v1/auth/**";
        request.headersDistinct["x-forwarded-for"] = [visitOf(request).address];
        auth.handler(request, response);
      } else if (isRpc(request)) {
        rpc(request, response);
      } else {
        rest(request, response);
      }
    },
  );
  return { listener, endStreams: streams.end, [Symbol.dispose]: () => redis?.disconnect() };

  function logFault(
    kind: string,
    { error, status, request }: { error: unknown; status: number; request: Parameters<typeof visitOf>[0] },
  ): void {
    // Streams that are ended with their process are nobody's fault, and may be thousands.
    if (status < 500 || reasonOf(error) === "SHUTTING_DOWN") return;
    const { requestId, traceId } = visitOf(request);
    log.error({ err: error, status, request_id: requestId, trace_id: traceId }, kind);
  }
}

/** For the limits of rate, which do without it as soon as it cannot be asked. */
function openRedis({ redisUrl }: Config, log: Log): Redis | undefined {
  if (redisUrl === "") return undefined;
  const redis = new Redis(redisUrl, {
    enableAutoPipelining: true,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    commandTimeout: 250,
  });
  redis.on("error", (err: Error) => log.warn({ err }, "redis"));
  return redis;
}
