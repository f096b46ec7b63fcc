import type { DescEnum, DescMessage, DescMethod, DescService } from "@bufbuild/protobuf";

/**
 * Short names for types, unique in the document: `rowlock.order.v1.Order.State` is `OrderState`, unless another
 * package has one, too; then all of them begin with their package: `PaymentReconcileResponse`. Types of the older shops'
 * APIs always do, and take no name from others: `PycomProduct`.
 */
export function typeNames(services: readonly DescService[]): (desc: DescMessage | DescEnum) => string {
  const reached = new Map<string, DescMessage | DescEnum>();
  const reach = (desc: DescMessage | DescEnum | undefined): void => {
    if (desc === undefined || reached.has(desc.typeName)) return;
    reached.set(desc.typeName, desc);
    if (desc.kind === "enum") return;
    for (const field of desc.fields) reach(field.message ?? field.enum);
  };
  for (const method of services.flatMap((service) => service.methods)) {
    reach(method.input);
    reach(method.output);
  }
  const uses = new Map<string, number>();
  for (const desc of reached.values()) {
    if (!isLegacy(desc)) uses.set(localName(desc), (uses.get(localName(desc)) ?? 0) + 1);
  }
  return (desc) => {
    const name = localName(desc);
    return isLegacy(desc) || (uses.get(name) ?? 0) > 1 ? `${packageName(desc)}${name}` : name;
  };
}

/** The name within its package, with those of the messages around it. */
function localName(desc: DescMessage | DescEnum): string {
  return desc.typeName.slice(desc.file.proto.package.length).replaceAll(".", "");
}

function isLegacy({ file }: DescMessage | DescEnum): boolean {
  return file.proto.package.startsWith("rowlock.legacy.");
}

/** The last part of the package that is no version, capitalised: `CartOrchestrator` of `cart_orchestrator`. */
function packageName(desc: DescMessage | DescEnum): string {
  const parts = desc.file.proto.package.split(".").filter((part) => !/^v\d/.test(part));
  return (parts.at(-1) ?? "").split("_").map(capitalised).join("");
}

/** The service as a person calls it: `CartService` is `Cart`. */
export function serviceName(service: DescService): string {
  return service.name.replace(/Service$/, "");
}

/** `Cart_AddItem`, unique in the document; a method's bindings after the first are numbered. */
export function operationId(method: DescMethod, binding: number): string {
  return `${serviceName(method.parent)}_${method.name}${binding === 0 ? "" : binding + 1}`;
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
