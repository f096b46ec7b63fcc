import { createServer } from "node:net";

/**
 * A TCP port of 127.0.0.1 that nobody listens on at present. Another process may take it before the caller does:
 * bind port 0 instead wherever the server can be asked for its port afterwards.
 */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  return address.port;
}
