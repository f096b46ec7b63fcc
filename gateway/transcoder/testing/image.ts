import { join } from "node:path";

/** The descriptors of testdata/*.proto, compiled beforehand and loaded at run time. */
export const shelfImage = join(import.meta.dirname, "../testdata/shelf.binpb");

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
  return [
    "build",
    ".",
    "--config",
    JSON.stringify(config),
    ...["shelf", "legacy", "edition"].flatMap((name) => [
      "--path",
      `gateway/transcoder/testdata/${name}.proto`,
    ]),
    "--exclude-source-info",
    "-o",
    output,
  ];
}
