import type { DescService } from "@bufbuild/protobuf";
import { type Client, createClient, type Transport } from "@connectrpc/connect";
import { AuthService } from "../../gen/rowlock/auth/v1/auth_pb.js";
import { CartService } from "../../gen/rowlock/cart/v1/cart_pb.js";
import { CatalogService } from "../../gen/rowlock/catalog/v1/catalog_pb.js";
import { CustomerService } from "../../gen/rowlock/customer/v1/customer_pb.js";
import { InventoryService } from "../../gen/rowlock/inventory/v1/inventory_pb.js";
import { NotifyService } from "../../gen/rowlock/notify/v1/notify_pb.js";
import { OrderService } from "../../gen/rowlock/order/v1/order_pb.js";
import { PaymentService } from "../../gen/rowlock/payment/v1/payment_pb.js";
import { PromotionService } from "../../gen/rowlock/promotion/v1/promotion_pb.js";
import { ShippingService } from "../../gen/rowlock/shipping/v1/shipping_pb.js";
import { TaxService } from "../../gen/rowlock/tax/v1/tax_pb.js";
import { WebhookService } from "../../gen/rowlock/webhook/v1/webhook_pb.js";
import { createGrpcTransport } from "../../lib/rpc/grpc-transport.ts";
import { createServiceTransport, type PrincipalSigner } from "../../lib/rpc/index.ts";
import { ConfigError, type PartName } from "./config.ts";

/** The contract of each part. */
export const contracts = {
  catalog: CatalogService,
  inventory: InventoryService,
  promotion: PromotionService,
  tax: TaxService,
  cart: CartService,
  order: OrderService,
  payment: PaymentService,
  shipping: ShippingService,
  notify: NotifyService,
  customer: CustomerService,
  webhook: WebhookService,
  gateway: AuthService,
} as const satisfies Record<PartName, DescService>;

/** What hosts a service: every part. */
export type ServiceName = keyof typeof contracts;

/** All services' names. */
export const serviceNames = Object.keys(contracts) as ServiceName[];

/** In whose name services are called: a part's, or that of the older shops' APIs. */
export type Caller = PartName | "legacy";

/** How the parts of this process reach all services: those beside them directly, the others over gRPC. */
export interface Network {
  /** A client with which `caller` calls `service` in its own name. */
  client<S extends ServiceName>(caller: Caller, service: S): Client<(typeof contracts)[S]>;
  /** A transport to a service that passes the outside caller's own credentials on. */
  outside(service: ServiceName): Transport;
  /** Whether a service is here or at a known address. */
  reaches(service: ServiceName): boolean;
  /** Tells how to reach the services of this process, once they are made: they need their clients first. */
  connect(local: Transport): void;
  [Symbol.dispose](): void;
}

/**
 * The gateway needs all services, and says so before anything is begun.
 * @throws ConfigError naming the first that is neither here nor at a known address
 */
export function requireAll({
  here,
  addresses,
}: {
  here: ReadonlySet<string>;
  addresses: Partial<Record<PartName, string>>;
}): void {
  const missing = serviceNames.find((name) => !here.has(name) && addresses[name] === undefined);
  if (missing !== undefined) throw missingAddress("the gateway", missing);
}

function missingAddress(caller: string, service: ServiceName): ConfigError {
  return new ConfigError([
    `${caller} needs ${service}: host it here or set ROWLOCK_${service.toUpperCase()}_ADDR`,
  ]);
}

/**
 * @throws ConfigError when a service is neither here nor at a known address; it is raised when a
 * client of that service is asked for, so a process needs only the addresses it uses.
 */
export function createNetwork({
  here,
  addresses,
  signer,
}: {
  here: ReadonlySet<string>;
  addresses: Partial<Record<PartName, string>>;
  signer: PrincipalSigner;
}): Network {
  let connected: Transport | undefined;
  const local = (): Transport => {
    if (connected === undefined) throw new Error("a service was called before all were made");
    return connected;
  };
  const late: Transport = {
    unary: (...call) => local().unary(...call),
    stream: (...call) => local().stream(...call),
  };
  const opened: Disposable[] = [];
  const remote = (service: ServiceName, caller?: Caller): Transport => {
    const address = addresses[service];
    if (address === undefined) {
      throw missingAddress(caller ?? "the gateway", service);
    }
    const transport = createGrpcTransport({
      address,
      services: [contracts[service]],
      signer,
      ...(caller !== undefined && { caller }),
    });
    opened.push(transport);
    return transport;
  };
  return {
    client: (caller, service) =>
      createClient(
        contracts[service],
        here.has(service) ? createServiceTransport({ transport: late, caller }) : remote(service, caller),
      ),
    outside: (service) => (here.has(service) ? late : remote(service)),
    reaches: (service) => here.has(service) || addresses[service] !== undefined,
    connect: (transport) => {
      connected = transport;
    },
    [Symbol.dispose]: () => {
      for (const transport of opened) transport[Symbol.dispose]();
    },
  };
}
