import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";

const root = join(import.meta.dirname, "../..");

/** The bare names that the generated code and its runtime import, and where their modules are. */
const imports: Record<string, string> = {
  "@connectrpc/connect": "/node_modules/@connectrpc/connect/dist/esm/index.js",
  "@connectrpc/connect-web": "/node_modules/@connectrpc/connect-web/dist/esm/index.js",
  "@bufbuild/protobuf": "/node_modules/@bufbuild/protobuf/dist/esm/index.js",
};
for (const part of ["protocol", "protocol-connect", "protocol-grpc", "protocol-grpc-web"]) {
  imports[`@connectrpc/connect/${part}`] = `/node_modules/@connectrpc/connect/dist/esm/${part}/index.js`;
}
for (const part of ["codegenv2", "reflect", "wire", "wkt"]) {
  imports[`@bufbuild/protobuf/${part}`] = `/node_modules/@bufbuild/protobuf/dist/esm/${part}/index.js`;
}

/** Calls the gateway with the generated clients, as a storefront would, and tells in plain JSON what it learnt. */
const script = `
import { createClient, ConnectError } from "@connectrpc/connect";
import { createConnectTransport, createGrpcWebTransport } from "@connectrpc/connect-web";
import { ErrorInfoSchema } from "/gen/google/rpc/error_details_pb.js";
import { CartService } from "/gen/rowlock/cart/v1/cart_pb.js";
import { CatalogService } from "/gen/rowlock/catalog/v1/catalog_pb.js";
import { InventoryService } from "/gen/rowlock/inventory/v1/inventory_pb.js";

const services = { CartService, CatalogService, InventoryService };
const transports = { connect: createConnectTransport, "grpc-web": createGrpcWebTransport };

const clientOf = ({ baseUrl, protocol, service, ...options }) =>
  createClient(services[service], transports[protocol]({ baseUrl, ...options }));

const plain = (value) => JSON.parse(JSON.stringify(value, (_, v) => (typeof v === "bigint" ? String(v) : v)));

const told = (thrown) => {
  const error = ConnectError.from(thrown);
  const [info] = error.findDetails(ErrorInfoSchema);
  return { code: error.code, message: error.rawMessage, reason: info?.reason, metadata: info?.metadata };
};

window.call = async (to, method, request, headers) => {
  try {
    return { answer: plain(await clientOf(to)[method](request, { headers })) };
  } catch (err) {
    return { error: told(err) };
  }
};

window.messages = [];
window.watch = (to, method, request) => {
  const controller = new AbortController();
  window.stop = () => controller.abort();
  window.ended = (async () => {
    try {
      for await (const message of clientOf(to)[method](request, { signal: controller.signal })) {
        window.messages.push(plain(message));
      }
      return "end";
    } catch (err) {
      return told(err);
    }
  })();
};
window.ready = true;
`;

const page = `<!doctype html><title>storefront</title>
<script type="importmap">${JSON.stringify({ imports })}</script>
<script type="module" src="/storefront.js"></script>`;

/** A web server of its own, and so an origin of its own, with a page that calls the gateway. */
export async function serveStorefront(): Promise<{ origin: string } & AsyncDisposable> {
  const server = createServer((request, response) => {
    const path = request.url ?? "/";
    if (path === "/") return void response.writeHead(200, { "content-type": "text/html" }).end(page);
    const code = path === "/storefront.js" ? Promise.resolve(script) : moduleAt(path);
    code.then(
      (text) => response.writeHead(200, { "content-type": "text/javascript" }).end(text),
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

async function moduleAt(path: string): Promise<string> {
  const wanted = /^\/(?:gen|node_modules\/@(?:connectrpc|bufbuild))\/[\w./-]+\.js$/;
  if (!wanted.test(path) || path.includes("..")) throw new Error(`no module ${path}`);
  return readFile(join(root, path), "utf8");
}
