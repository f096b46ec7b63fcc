import type { DescService } from "@bufbuild/protobuf";
import { MethodOptions_IdempotencyLevel } from "@bufbuild/protobuf/wkt";
import { Channel, ChannelCredentials, type ChannelInterface } from "@grpc/grpc-js";

/** The largest answer, in bytes. What is asked for is smaller: others may have made it. */
export const defaultMaxAnswerBytes = 64 * 1024 * 1024;

/**
 * A channel to all replicas behind `address`, calls spread round-robin. A call that finds a replica
 * gone (UNAVAILABLE) is made again, within its deadline, if its contract says that it is idempotent.
 */
export function openChannel({
  address,
  services,
  credentials = ChannelCredentials.createInsecure(),
  maxMessageBytes,
}: {
  address: string;
  services: readonly DescService[];
  credentials?: ChannelCredentials | undefined;
  maxMessageBytes: number;
}): ChannelInterface {
  return new Channel(address, credentials, {
    "grpc.service_config": JSON.stringify(serviceConfig(services)),
    // Retry rules come from the contracts, never from a DNS record.
    "grpc.service_config_disable_resolution": 1,
    "grpc.keepalive_time_ms": 30_000,
    "grpc.keepalive_timeout_ms": 5_000,
    "grpc.initial_reconnect_backoff_ms": 100,
    "grpc.max_reconnect_backoff_ms": 2_000,
    "grpc.dns_min_time_between_resolutions_ms": 2_000,
    "grpc.max_receive_message_length": defaultMaxAnswerBytes,
    "grpc.max_send_message_length": maxMessageBytes,
    "grpc.enable_http_proxy": 0,
    "grpc.enable_channelz": 0,
  });
}

function serviceConfig(services: readonly DescService[]): object {
  const idempotent = services.flatMap((service) =>
    service.methods
      .filter(({ idempotency }) => idempotency !== MethodOptions_IdempotencyLevel.IDEMPOTENCY_UNKNOWN)
      .map(({ name }) => ({ service: service.typeName, method: name })),
  );
  return {
    loadBalancingConfig: [{ round_robin: {} }],
    methodConfig:
      idempotent.length === 0
        ? []
        : [
            {
              name: idempotent,
              retryPolicy: {
                maxAttempts: 4,
                initialBackoff: "0.05s",
                maxBackoff: "0.5s",
                backoffMultiplier: 2,
                retryableStatusCodes: ["UNAVAILABLE"],
              },
            },
          ],
  };
}
