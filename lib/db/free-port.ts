import { once } from "node:events";
import { createServer } from "node:net";

// Below those that systems give to outgoing connections and to listeners on port 0: these are taken at any moment.
const [lowest, highest] = [20_000, 32_000];
const attempts = 100;

/**
 * A TCP port of 127.0.0.1 that nobody listens on at present. Another process may take it before the caller does:
 * bind port 0 instead wherever the server can be asked for its port afterwards.
 */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < attempts; attempt++) {
    const port = lowest + Math.floor(Math.random() * (highest - lowest));
    if (await isFree(port)) return port;
  }
  throw new Error(`no free port found in ${attempts} attempts`);
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
  } catch {
    return false;
  }
  server.close();
  await once(server, "close");
  return true;
}
