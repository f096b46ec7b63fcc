import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createFileRegistry, type DescMessage, type DescService, fromBinary } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";

const folder = import.meta.dirname;

/** The descriptors of shelf.proto, compiled beforehand and loaded at run time. */
export const shelfImage = join(folder, "../testdata/shelf.binpb");

/** buf's arguments that write the image to `output`, run in the root folder. */
export function buildImageArguments(output: string): string[] {
  const google = "node_modules/google-proto-files";
  const others = ["apikeys", "cloudquotas", "expr", "servicecontrol", "servicemanagement", "serviceusage"];
  const config = {
    version: "v2",
    modules: [
      { path: "gateway/transcoder/testdata" },
      {
        path: google,
        includes: [`${google}/google/api`],
        excludes: others.map((name) => `${google}/google/api/${name}`),
      },
    ],
  };
  const proto = "gateway/transcoder/testdata/shelf.proto";
  return [
    "build",
    ".",
    "--config",
    JSON.stringify(config),
    "--path",
    proto,
    "--exclude-source-info",
    "-o",
    output,
  ];
}

const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, readFileSync(shelfImage)));

function message(name: string): DescMessage {
  const desc = registry.getMessage(`rowlock.testing.shelf.v1.${name}`);
  if (desc === undefined) throw new TypeError(`no message ${name} in the image`);
  return desc;
}

function service(name: string): DescService {
  const desc = registry.getService(`rowlock.testing.shelf.v1.${name}`);
  if (desc === undefined) throw new TypeError(`no service ${name} in the image`);
  return desc;
}

export const shelfRegistry = registry;
export const shelfMessage = message;
export const ShelfService = service("ShelfService");
