import type { DescService } from "@bufbuild/protobuf";
import type { ServiceImpl } from "@connectrpc/connect";

/** A service and the code behind it, not yet hosted anywhere. */
export interface ServiceDefinition<S extends DescService = DescService> {
  readonly desc: S;
  readonly impl: ServiceImpl<S>;
}

/** What a service's composition function returns: the RPC services it offers. */
export interface ServiceModule {
  readonly services: readonly ServiceDefinition[];
}

/** Binds handlers to a service. The compiler refuses a missing or mistyped handler. */
export function defineService<S extends DescService>(desc: S, impl: ServiceImpl<S>): ServiceDefinition<S> {
  return { desc, impl };
}
