import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { apiDocument } from "../start/api-document.ts";
import { makeClient, makePackage } from "./client.ts";
import type { SdkOptions } from "./options.ts";
import { makePostman } from "./postman.ts";

/** Makes the SDK and answers the paths of its files. */
export async function makeSdk({ out, server }: SdkOptions): Promise<string[]> {
  const document = apiDocument({ servers: [{ url: server }] });
  await mkdir(out, { recursive: true });
  const write = async (name: string, text: string): Promise<string> => {
    const file = join(out, name);
    await writeFile(file, text);
    return file;
  };
  return [
    await write("openapi.json", toText(document)),
    await write("postman.json", toText(await makePostman(document))),
    await write("client.ts", await makeClient(document)),
    await write("package.json", toText(makePackage(document))),
  ];
}

function toText(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}
