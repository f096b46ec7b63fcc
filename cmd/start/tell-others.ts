import type { Client } from "@connectrpc/connect";
import type { WebhookService } from "../../gen/rowlock/webhook/v1/webhook_pb.js";
import type { Relay } from "../../lib/outbox/index.ts";
import type { Log } from "../../lib/telemetry/log.ts";
import type { Network, ServiceName } from "./network.ts";

/**
 * Has other systems told of a service's events until disposed of. Where there is no part `webhook` the events wait in
 * the service's outbox.
 */
export function tellOthers(
  { network, log }: { network: Network; log: Log },
  name: ServiceName,
  createRelay: (webhooks: Pick<Client<typeof WebhookService>, "publishEvents">) => Relay,
): Disposable {
  if (network.reaches("webhook")) return createRelay(network.client(name, "webhook")).start();
  log.warn({ name }, "events wait in the outbox: there is no part webhook, set ROWLOCK_WEBHOOK_ADDR");
  return { [Symbol.dispose]: () => undefined };
}
