import type { IncomingMessage } from "node:http";
import type { DescMethod } from "@bufbuild/protobuf";
import { readMetadata } from "../../gateway/transcoder/headers.ts";
import { cartOrchestrator } from "../../legacy/cart-orchestrator/facade.ts";
import { type Facade, type FacadeDeps, facadeService } from "../../legacy/facade.ts";
import { microServices } from "../../legacy/micro-services/facade.ts";
import { onlineStore } from "../../legacy/online-store/facade.ts";
import { openContract } from "../../legacy/open-contract.ts";
import { orderManagement } from "../../legacy/order-management/facade.ts";
import { pycom } from "../../legacy/pycom/facade.ts";
import { findCookie, type ServiceDefinition } from "../../lib/rpc/index.ts";
import type { Config } from "./config.ts";
import type { Parts } from "./services.ts";

/** The APIs of the older shops that Rowlock speaks. */
export const facades: readonly Facade[] = [
  cartOrchestrator,
  onlineStore,
  orderManagement,
  pycom,
  microServices,
];

/** Most bytes of the headers that go on to a facade. */
const maxHeaderBytes = 1024;

/** A facade that is switched on, with the contract under which it is hosted. */
export interface HostedFacade {
  readonly facade: Facade;
  readonly desc: Facade["desc"];
}

/** The facades that are switched on. */
export function hostedFacades({ legacy, legacyOpen }: Pick<Config, "legacy" | "legacyOpen">): HostedFacade[] {
  return facades
    .filter(({ name }) => legacy.includes(name))
    .map((facade) => ({ facade, desc: legacyOpen ? openContract(facade.desc) : facade.desc }));
}

/** Reads from a request what the facade that it is for wants to see, as metadata. */
export function facadeHeaders(
  hosted: readonly HostedFacade[],
): (request: IncomingMessage, method: DescMethod) => Record<string, string> {
  const wanted = new Map(hosted.map(({ facade, desc }) => [desc, facade]));
  return ({ headers }, { parent }) => {
    const facade = wanted.get(parent);
    const metadata =
      facade?.headers === undefined ? {} : readMetadata(headers, facade.headers, maxHeaderBytes);
    const cookie = facade?.cookie && findCookie(headers.cookie ?? null, facade.cookie);
    // Only a value as a facade makes it: what is encoded otherwise is none of its own.
    if (cookie && /^[\w.~-]{1,256}$/.test(cookie)) metadata["cookie"] = `${facade.cookie}=${cookie}`;
    return metadata;
  };
}

/** Makes them; they stand beside the gateway, and call the core as others do. */
export function startFacades({ config, clock, log, network, secrets }: Parts): ServiceDefinition[] {
  const hosted = hostedFacades(config);
  const core = {
    catalog: network.client("legacy", "catalog"),
    inventory: network.client("legacy", "inventory"),
    promotions: network.client("legacy", "promotion"),
    carts: network.client("legacy", "cart"),
    orders: network.client("legacy", "order"),
    payments: network.client("legacy", "payment"),
    shipping: network.client("legacy", "shipping"),
    notify: network.client("legacy", "notify"),
  };
  if (config.legacyOpen && hosted.length > 0) {
    const names = hosted.map(({ facade }) => facade.name);
    log.warn({ facades: names }, "ROWLOCK_LEGACY_OPEN: staff's business is open to everybody through these");
  }
  return hosted.map(({ facade, desc }) => {
    const deps: FacadeDeps = {
      ...core,
      clock,
      log,
      channel: facade.name,
      currencyCode: config.legacyCurrency || (facade.currencyCode ?? "USD"),
      secret: secrets.serviceKey,
      publicUrl: config.publicUrl,
    };
    return facadeService(facade, deps, desc);
  });
}
