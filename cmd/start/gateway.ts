import type { RequestListener } from "node:http";
import type { DescService } from "@bufbuild/protobuf";
import { createDocs } from "../../gateway/docs/index.ts";
import { defaultForwardHeaders } from "../../gateway/transcoder/headers.ts";
import { createTranscoder } from "../../gateway/transcoder/index.ts";
import { createRoutingTransport } from "../../lib/rpc/index.ts";
import type { Log } from "../../lib/telemetry/log.ts";
import { apiDocument } from "./api-document.ts";
import { contracts, type Network, serviceNames } from "./network.ts";

/** What the vendors sign their webhooks with. */
const signatureHeaders = [
  "stripe-signature",
  "x-twilio-signature",
  "x-twilio-email-event-webhook-signature",
  "x-twilio-email-event-webhook-timestamp",
];

/**
 * REST; Connect for the services of this process, whose paths begin with their names; and the documents.
 * What none of them has is answered 404 in REST's shape of errors.
 */
export function createGateway({
  network,
  log,
  connect,
  connectServices,
}: {
  network: Network;
  log: Log;
  connect: RequestListener;
  connectServices: readonly DescService[];
}): RequestListener {
  const services: DescService[] = Object.values(contracts);
  const docs = createDocs({
    document: () => apiDocument({ services }),
    onError: (err) => log.error({ err }, "docs"),
  });
  const transcode = createTranscoder({
    services,
    transport: createRoutingTransport(
      Object.fromEntries(serviceNames.map((name) => [contracts[name].typeName, network.outside(name)])),
    ),
    forwardHeaders: [...defaultForwardHeaders, ...signatureHeaders],
    onError: ({ error, status, requestId }) => {
      if (status >= 500) log.error({ err: error, status, request_id: requestId }, "rest");
    },
  });
  const connected = new Set(connectServices.map((service) => service.typeName));
  return (request, response) => {
    if (docs(request, response)) return;
    const url = request.url ?? "/";
    if (connected.has(url.slice(1, url.indexOf("/", 1)))) {
      connect(request, response);
    } else {
      transcode(request, response);
    }
  };
}
