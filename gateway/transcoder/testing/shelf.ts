import { readFileSync } from "node:fs";
import { createFileRegistry, type DescMessage, type DescService, fromBinary } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { shelfImage } from "./image.ts";

const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, readFileSync(shelfImage)));

/** A message by its full name within `rowlock.testing`, e.g. `legacy.v1.Legacy`. */
export function testMessage(name: string): DescMessage {
  const desc = registry.getMessage(`rowlock.testing.${name}`);
  if (desc === undefined) throw new TypeError(`no message ${name} in the image`);
  return desc;
}

function service(name: string): DescService {
  const desc = registry.getService(`rowlock.testing.${name}`);
  if (desc === undefined) throw new TypeError(`no service ${name} in the image`);
  return desc;
}

export const shelfRegistry = registry;
export const shelfMessage = (name: string) => testMessage(`shelf.v1.${name}`);
export const ShelfService = service("shelf.v1.ShelfService");
export const LegacyService = service("legacy.v1.LegacyService");
