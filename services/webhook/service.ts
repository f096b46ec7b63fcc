import { create } from "@bufbuild/protobuf";
import { createValidator } from "@bufbuild/protovalidate";
import { EndpointSchema, WebhookService } from "../../gen/rowlock/webhook/v1/webhook_pb.js";
import type { Clock } from "../../lib/clock.ts";
import type { Db } from "../../lib/db/index.ts";
import { defineService, type ServiceModule } from "../../lib/rpc/index.ts";
import type { Log } from "../../lib/telemetry/log.ts";
import { createDispatcher, type Dispatcher } from "./dispatcher.ts";
import type { AddressRules } from "./public-address.ts";
import { createEndpoint } from "./rpc/create-endpoint.ts";
import { deleteEndpoint } from "./rpc/delete-endpoint.ts";
import { eraseEvents } from "./rpc/erase-events.ts";
import { getDelivery } from "./rpc/get-delivery.ts";
import { getEndpoint } from "./rpc/get-endpoint.ts";
import { getEndpointSecret } from "./rpc/get-endpoint-secret.ts";
import { listDeliveries } from "./rpc/list-deliveries.ts";
import { listEndpoints } from "./rpc/list-endpoints.ts";
import { publishEvents } from "./rpc/publish-events.ts";
import { recoverDeliveries } from "./rpc/recover-deliveries.ts";
import { replayDelivery } from "./rpc/replay-delivery.ts";
import { rotateEndpointSecret } from "./rpc/rotate-endpoint-secret.ts";
import { testEndpoint } from "./rpc/test-endpoint.ts";
import { updateEndpoint } from "./rpc/update-endpoint.ts";
import type { SecretBox } from "./secret-box.ts";
import { createSend, type Send } from "./send.ts";

/** What Webhook stands on. */
export interface WebhookDeps {
  db: Db;
  clock: Clock;
  log: Log;
  box: SecretBox;
  rules: AddressRules;
  /** From 0 to 1; spreads retries. */
  random?: () => number;
  /** In place of HTTP. */
  send?: Send;
}

/** What its handlers share. */
export interface WebhookParts extends Required<WebhookDeps> {
  dispatcher: Dispatcher;
}

/** Composes the Webhook service, with the dispatcher that its process starts and stops. */
export function createWebhookService(deps: WebhookDeps): ServiceModule & { parts: WebhookParts } {
  const validator = createValidator();
  // The first validation of a type compiles its rules, which takes tens of milliseconds.
  validator.validate(EndpointSchema, create(EndpointSchema));
  const whole = { random: Math.random, send: createSend(deps), ...deps };
  const parts: WebhookParts = { ...whole, dispatcher: createDispatcher(whole) };
  return {
    parts,
    services: [
      defineService(WebhookService, {
        createEndpoint: createEndpoint(parts),
        getEndpoint: getEndpoint(parts),
        listEndpoints: listEndpoints(parts),
        updateEndpoint: updateEndpoint({ ...parts, validator }),
        deleteEndpoint: deleteEndpoint(parts),
        getEndpointSecret: getEndpointSecret(parts),
        rotateEndpointSecret: rotateEndpointSecret(parts),
        testEndpoint: testEndpoint(parts),
        listDeliveries: listDeliveries(parts),
        getDelivery: getDelivery(parts),
        replayDelivery: replayDelivery(parts),
        recoverDeliveries: recoverDeliveries(parts),
        publishEvents: publishEvents(parts),
        eraseEvents: eraseEvents(parts),
      }),
    ],
  };
}
