import { createHash } from "node:crypto";
import type { Auth } from "../../gateway/auth/index.ts";
import { reasonOf } from "../../lib/errors/reasons.ts";
import {
  createHolderCache,
  type FindHolder,
  fromPrincipalMessage,
  type StaffKey,
} from "../../lib/rpc/index.ts";
import type { Network, ServiceName } from "./network.ts";
import { serviceNames } from "./network.ts";
import type { Secrets } from "./secrets.ts";
import type { Parts } from "./services.ts";

/** The key of the configuration. */
export function staffKeysOf({ staffKey }: Pick<Secrets, "staffKey">): StaffKey[] {
  return [{ name: "first", digest: createHash("sha256").update(staffKey).digest("hex") }];
}

/** Sign-in, sessions and keys, for the process with the gateway. */
export async function startAuth({ config, clock, log, database, network, secrets }: Parts): Promise<Auth> {
  // Loaded only here: better-auth takes its time, and other processes have no use for it.
  const { createAuth } = await import("../../gateway/auth/index.ts");
  return createAuth({
    db: database.open("gateway"),
    clock,
    log,
    serviceKeys: [secrets.serviceKey, ...secrets.otherServiceKeys],
    staffKeys: staffKeysOf(secrets),
    publicUrl: config.publicUrl,
    trustedOrigins: config.origins.filter((origin) => origin !== "*"),
    providers: config.signIn,
    areas: [...serviceNames.map((name) => (name === "gateway" ? "auth" : name)), "legacy"],
    notify: network.client("gateway", "notify"),
    carts: network.client("gateway", "cart"),
    orders: network.client("gateway", "order"),
    customers: network.client("gateway", "customer"),
  });
}

/** Asks the gateway of another process whose a credential is; for services that are called directly. */
export function askGateway(network: Network, caller: ServiceName): FindHolder {
  const auth = network.client(caller, "gateway");
  return createHolderCache({
    find: async (credential) => {
      try {
        return fromPrincipalMessage(await auth.authenticate({ credential }));
      } catch (err) {
        // It may also be too long to be one.
        const reason = reasonOf(err);
        if (reason === "INVALID_CREDENTIALS" || reason === "INVALID_ARGUMENT") return undefined;
        throw err;
      }
    },
  }).find;
}
