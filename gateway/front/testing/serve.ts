import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { identifyRequests } from "../identify-requests.ts";
import { createRefuse } from "../refuse.ts";
import { type Layer, throughLayers } from "../visit.ts";

/** Something that listens on a free port of 127.0.0.1. */
export interface Served extends AsyncDisposable {
  url: string;
  port: number;
}

export async function serve(listener: RequestListener): Promise<Served> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

/** Serves a listener behind layers, requests identified before them. */
export function serveThrough(
  layers: readonly Layer[],
  listener: RequestListener = answerOk,
): Promise<Served> {
  const identify = identifyRequests({ clientAddress: ({ socket }) => socket.remoteAddress ?? "" });
  return serve(throughLayers([identify, ...layers], listener));
}

/** Answers `ok`. */
export const answerOk: RequestListener = (_request, response) => {
  response.writeHead(200, ["content-type", "text/plain"]).end("ok");
};

/** Refuses as REST does. */
export const refuseAsRest = createRefuse({ isRpc: () => false });
