import type { DescService } from "@bufbuild/protobuf";
import type { Client, ServiceImpl } from "@connectrpc/connect";
import type { CartService } from "../gen/rowlock/cart/v1/cart_pb.js";
import type { CatalogService } from "../gen/rowlock/catalog/v1/catalog_pb.js";
import type { InventoryService } from "../gen/rowlock/inventory/v1/inventory_pb.js";
import type { NotifyService } from "../gen/rowlock/notify/v1/notify_pb.js";
import type { OrderService } from "../gen/rowlock/order/v1/order_pb.js";
import type { PaymentService } from "../gen/rowlock/payment/v1/payment_pb.js";
import type { PromotionService } from "../gen/rowlock/promotion/v1/promotion_pb.js";
import type { ShippingService } from "../gen/rowlock/shipping/v1/shipping_pb.js";
import type { Clock } from "../lib/clock.ts";
import type { Reason } from "../lib/errors/reasons.ts";
import type { ServiceDefinition } from "../lib/rpc/index.ts";
import { defineService } from "../lib/rpc/index.ts";
import type { Log } from "../lib/telemetry/log.ts";

/** What facades call: the core services, in the name of the service `legacy` unless a call brings a principal. */
export interface CoreClients {
  readonly catalog: Client<typeof CatalogService>;
  readonly inventory: Client<typeof InventoryService>;
  readonly promotions: Client<typeof PromotionService>;
  readonly carts: Client<typeof CartService>;
  readonly orders: Client<typeof OrderService>;
  readonly payments: Client<typeof PaymentService>;
  readonly shipping: Client<typeof ShippingService>;
  readonly notify: Client<typeof NotifyService>;
}

/** What a facade is made of. */
export interface FacadeDeps extends CoreClients {
  readonly clock: Clock;
  readonly log: Log;
  /** The facade's name, which its carts and orders have as `channel`. */
  readonly channel: string;
  /** ISO 4217 code of the prices of its API. */
  readonly currencyCode: string;
  /** Guests are derived from it: the service key. */
  readonly secret: string;
  /** The gateway's address from outside, without a slash at its end, for links. */
  readonly publicUrl: string;
}

/** The API of an older shop, spoken by Rowlock. */
export interface Facade<S extends DescService = DescService> {
  /** As `ROWLOCK_LEGACY` and `channel` spell it, for example `cart-orchestrator`. */
  readonly name: string;
  readonly desc: S;
  /** Its own reasons, besides those of the core services. */
  readonly reasons: Record<string, Reason>;
  /** ISO 4217 code of its prices unless configured otherwise; default USD. */
  readonly currencyCode?: string;
  /** Request headers, in lower case, that reach its handlers as metadata. */
  readonly headers?: readonly string[];
  /** The name of a cookie that reaches its handlers, alone in the metadata `cookie`. */
  readonly cookie?: string;
  /** Its handlers. */
  create(deps: FacadeDeps): ServiceImpl<S>;
}

/** Declares a facade, whose handlers the compiler holds to its contract. */
export function defineFacade<S extends DescService>(facade: Facade<S>): Facade {
  return facade as unknown as Facade;
}

/** A facade's service, to be hosted under `desc`: its contract, or that opened by `openContract`. */
export function facadeService(facade: Facade, deps: FacadeDeps, desc: DescService): ServiceDefinition {
  return defineService(desc, facade.create(deps));
}
