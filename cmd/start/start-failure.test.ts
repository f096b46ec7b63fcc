import { expect, test } from "vitest";
import { ConfigError, readConfig } from "./config.ts";
import { describeFailure } from "./start-failure.ts";
import { NotThere } from "./until-there.ts";

const config = readConfig({ args: [], env: { DATABASE_URL: "postgres://shop:secret@db:5432/shop" } });

test.each([
  [
    "listen EADDRINUSE: address already in use 127.0.0.1:8080",
    "port 8080 is in use: stop what listens there, or set PORT",
  ],
  [
    "No address added out of total 1 resolved errors: [listen EADDRINUSE: address already in use 127.0.0.1:50051]",
    "port 50051 is in use: stop what listens there, or set GRPC_PORT",
  ],
  [
    "the sandbox did not start: listen EADDRINUSE: address already in use :::8090",
    "port 8090 is in use: stop what listens there, or set ROWLOCK_SANDBOX_PORT",
  ],
  [
    "the data folder /shop/.rowlock/postgres is in use by process 7",
    "the data folder /shop/.rowlock/postgres is in use by process 7: stop it, or set ROWLOCK_DATA_DIR",
  ],
  [
    "connect ECONNREFUSED 127.0.0.1:1",
    "the Postgres of DATABASE_URL does not answer: connect ECONNREFUSED 127.0.0.1:1",
  ],
  [
    "the database system is starting up",
    "the Postgres of DATABASE_URL does not answer: the database system is starting up",
  ],
])("%s", (message, want) => {
  expect(describeFailure(new Error(message), config)).toBe(want);
});

test("a wrong configuration is told as it is", () => {
  expect(describeFailure(new ConfigError(["PORT must be a whole number"]), undefined)).toBe(
    "PORT must be a whole number",
  );
});

test("what was waited for is told without a stack", () => {
  expect(describeFailure(new NotThere("the Redis of REDIS_URL does not answer"), config)).toBe(
    "the Redis of REDIS_URL does not answer",
  );
});

test("what nobody foresaw keeps its stack", () => {
  const err = new Error("boom");
  expect(describeFailure(err, config)).toBe(err.stack);
  expect(err.stack).toContain("start-failure.test.ts");
});

test("a refused connection is not blamed on DATABASE_URL when there is none", () => {
  const err = new Error("connect ECONNREFUSED 127.0.0.1:1");
  expect(describeFailure(err, readConfig({ args: [], env: {} }))).toBe(err.stack);
});
