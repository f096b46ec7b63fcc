import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buf, isInstalled } from "../testing/programs.ts";
import { createEchoService } from "./testing/echo-service.ts";
import { startHost, type TestHost } from "./testing/hosts.ts";
import { testInterceptors, testStaffKey } from "./testing/interceptors.ts";

const run = promisify(execFile);
const script = fileURLToPath(new URL("testing/foreign_client.py", import.meta.url));

let host: TestHost;
beforeAll(async () => {
  host = await startHost("grpc", { services: [createEchoService()], interceptors: testInterceptors });
});
afterAll(() => host[Symbol.asyncDispose]());

/** Runs `buf curl` with reflection; a call that fails is no failure of the test. */
async function curl(...args: string[]): Promise<{ stdout: string; stderr: string }> {
  try {
    return await run(buf, ["curl", "--http2-prior-knowledge", "--protocol", "grpc", ...args]);
  } catch (err) {
    const { stdout, stderr } = err as { stdout?: string; stderr?: string };
    if (stderr === undefined || stdout === undefined) {
      throw err;
    }
    return { stdout, stderr };
  }
}
const url = (method: string) => `http://${host.address}/rowlock.testing.v1.EchoService/${method}`;

describe("buf curl, with reflection", () => {
  test("lists the services", async () => {
    const { stdout } = await curl("--list-services", `http://${host.address}`);
    expect(stdout.trim().split("\n")).toEqual(["rowlock.testing.v1.EchoService"]);
  });
  test("lists the methods", async () => {
    const { stdout } = await curl("--list-methods", `http://${host.address}`);
    expect(stdout).toContain("rowlock.testing.v1.EchoService/EchoCustomer");
  });
  test("calls", async () => {
    const { stdout } = await curl("--data", '{"text":"hello"}', url("Echo"));
    expect(JSON.parse(stdout)).toMatchObject({ text: "hello", caller: "none" });
  });
  test("calls with a credential", async () => {
    const { stdout } = await curl(
      "-H",
      `x-api-key: ${testStaffKey}`,
      "--data",
      '{"text":"x"}',
      url("EchoStaff"),
    );
    expect(JSON.parse(stdout)).toMatchObject({ caller: "staff:test" });
  });
  test("streams both ways", async () => {
    const { stdout } = await curl("--data", '{"text":"1"}{"text":"2"}', url("Chat"));
    expect(
      stdout
        .trim()
        .split("\n")
        .filter((line) => line.includes('"text"')),
    ).toHaveLength(2);
  });
  test("sees errors with their details", async () => {
    const { stderr } = await curl("--data", '{"count":-1}', url("Echo"));
    const shown = JSON.parse(stderr) as { code: string; details: { type: string; debug: object }[] };
    expect(shown.code).toBe("invalid_argument");
    expect(shown.details.map(({ type }) => type)).toEqual(["google.rpc.ErrorInfo", "google.rpc.BadRequest"]);
  });
});

const grpcio = isInstalled("/usr/bin/python3", ["-c", "import grpc"]);

test.skipIf(!grpcio)("Debian's python3-grpcio, without generated code", async () => {
  const { stdout } = await run("/usr/bin/python3", [script, host.address], { timeout: 20_000 });
  expect(JSON.parse(stdout)).toEqual({
    unary: "hello",
    header: "one",
    header_bin: [0, 255],
    trailer: "one",
    client_streaming: "a,b",
    server_streaming: ["x", "x", "x"],
    both_ways: ["1", "2"],
    refused: "UNAUTHENTICATED",
    refused_details: true,
    deadline: "DEADLINE_EXCEEDED",
    cancelled: true,
    health: [8, 1],
  });
});
