import { create } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import {
  Delivery_State,
  type DeliveryAttempt,
  DeliveryAttemptSchema,
  type Delivery as DeliveryMessage,
  DeliverySchema,
  type Endpoint as EndpointMessage,
  EndpointSchema,
  type EndpointSecret,
  EndpointSecretSchema,
} from "../../gen/rowlock/webhook/v1/webhook_pb.js";
import type { Attempt, Delivery } from "./delivery.ts";
import { type Endpoint, etagOf } from "./endpoint.ts";
import type { liveSecrets } from "./sign.ts";

/** An endpoint, without its secret. */
export function toEndpoint(endpoint: Endpoint): EndpointMessage {
  const { id, url, eventTypes, description, disabled, disabledReason } = endpoint;
  return create(EndpointSchema, {
    ...{ id, url, eventTypes, description, disabled, disabledReason },
    etag: etagOf(endpoint),
    createTime: timestampFromDate(endpoint.createTime),
    updateTime: timestampFromDate(endpoint.updateTime),
  });
}

/** An endpoint's secrets. */
export function toEndpointSecret({ secret, previous }: ReturnType<typeof liveSecrets>): EndpointSecret {
  return create(EndpointSecretSchema, {
    secret,
    ...(previous !== undefined && {
      previousSecret: previous.secret,
      previousExpireTime: timestampFromDate(previous.expireTime),
    }),
  });
}

/** A delivery, without what is sent. */
export function toDelivery(delivery: Delivery): DeliveryMessage {
  const { id, endpointId, eventId, eventType, subject, state, attemptCount, dueTime, eventTime } = delivery;
  return create(DeliverySchema, {
    ...{ id, endpointId, eventId, eventType, subject, attemptCount },
    state: Delivery_State[state],
    ...(dueTime !== null && { nextAttemptTime: timestampFromDate(dueTime) }),
    eventTime: timestampFromDate(eventTime),
  });
}

/** An attempt. */
export function toAttempt({ attemptTime, ...attempt }: Attempt): DeliveryAttempt {
  return create(DeliveryAttemptSchema, { ...attempt, attemptTime: timestampFromDate(attemptTime) });
}
