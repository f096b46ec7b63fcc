import { type DescMethod, type DescService, getOption } from "@bufbuild/protobuf";
import { MethodOptions_IdempotencyLevel } from "@bufbuild/protobuf/wkt";
import { facades } from "../../cmd/start/legacy.ts";
import { contracts } from "../../cmd/start/network.ts";
import { describeRoutes, type RouteDescription } from "../../gateway/transcoder/index.ts";
import { Access, access } from "../../gen/rowlock/auth/v1/access_pb.js";

/** The contracts that the process hosts: of each part, and of the older shops' APIs. */
export const services: readonly DescService[] = [
  ...Object.values(contracts),
  ...facades.map(({ desc }) => desc),
];

/** Every RPC there is. */
export const methods: readonly DescMethod[] = services.flatMap((service) => service.methods);

/** Every REST route there is. */
export const routes: readonly RouteDescription[] = describeRoutes(services);

/** `rowlock.cart.v1.CartService/AddItem`. */
export function nameOf(method: DescMethod): string {
  return `${method.parent.typeName}/${method.name}`;
}

/** Who may call a method, as its contract says. */
export function accessOf(method: DescMethod): Access {
  return getOption(method, access);
}

/** Whether a method changes anything, as its contract says. */
export function isReading(method: DescMethod): boolean {
  return method.idempotency === MethodOptions_IdempotencyLevel.NO_SIDE_EFFECTS;
}

export { Access };
