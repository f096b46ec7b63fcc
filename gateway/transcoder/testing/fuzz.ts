import type { RequestListener } from "node:http";
import { within } from "../../../lib/within.ts";
import { describeRoutes } from "../routes.ts";
import { createTranscoder } from "../transcoder.ts";
import { answerTo, type WireAnswer } from "./in-process.ts";
import { Random } from "./random.ts";
import { type RandomRequest, randomRequest } from "./random-requests.ts";
import { type ReferenceRoute, referenceFind, writtenOut } from "./reference.ts";
import { echoHandlers, fakeTransport, type Handlers, type SeenCall } from "./serve.ts";
import { LegacyService, ShelfService } from "./shelf.ts";

export interface FuzzReport {
  requests: number;
  /** How many answers had each status. */
  statuses: Record<string, number>;
  /** Requests that reached a service. */
  calls: number;
}

export const fuzzHandlers: Handlers = {
  ...echoHandlers,
  EchoLegacy: ({ message }) => ({ message }),
  async *WatchShelf() {
    yield { title: "t" };
  },
  async *WatchEvents({ message }) {
    yield { eventId: message["lastEventId"], text: "x" };
  },
  async *WatchTexts({ message }) {
    yield { text: message["shelf"] };
  },
  async *DownloadBook() {
    yield { contentType: "text/plain", data: Buffer.from("x") };
  },
};

const services = [ShelfService, LegacyService];

/**
 * Sends random requests to a transcoder in this process and holds every answer against the reference matcher:
 * which method is called, with which captures, or that none is, and why. Throws on the first that differs, is a
 * 5xx, is no well-formed answer, or does not come, naming the request.
 */
export async function fuzz({
  seed,
  requests,
  onProgress,
}: {
  seed: number;
  requests: number;
  /** Called now and then with the number of requests done. */
  onProgress?: (done: number) => void;
}): Promise<FuzzReport> {
  const random = new Random(seed);
  const routes = describeRoutes(services);
  const patterns = routes.map(({ httpMethod, template }) => writtenOut({ httpMethod, template }));
  const methodOf = (found: ReferenceRoute): string | undefined =>
    routes.find(({ httpMethod, template }) => httpMethod === found.httpMethod && template === found.template)
      ?.method.name;
  const transport = fakeTransport(fuzzHandlers);
  const { calls } = transport;
  let fault: unknown;
  const listener = createTranscoder({
    services,
    transport,
    forwardHeaders: ["authorization", "x-trace-bin"],
    onError: ({ status, error }) => {
      if (status >= 500) fault = error;
    },
  });
  const report: FuzzReport = { requests, statuses: {}, calls: 0 };
  for (let i = 0; i < requests; i++) {
    const request = randomRequest(random, routes);
    calls.length = 0;
    fault = undefined;
    try {
      const answer = await withinTime(listener, request);
      if (fault !== undefined) throw new Error("a fault", { cause: fault });
      if (answer.status === 0 && calls[0]?.method === "ConvertBook") {
        // Bytes that have begun can only be cut off when the request then turns out to be damaged; while they
        // are compressed, that may be before any of them, or the head, is written.
        report.statuses["cut off"] = (report.statuses["cut off"] ?? 0) + 1;
        continue;
      }
      checkAnswer(request, answer);
      checkRoute(request, answer, calls[0]);
      report.statuses[answer.status] = (report.statuses[answer.status] ?? 0) + 1;
      report.calls += calls.length;
    } catch (err) {
      const told = JSON.stringify({ ...request, body: request.body?.toString("latin1") });
      throw new Error(`request ${i} of seed ${seed}: ${told}`, { cause: err });
    }
    if (i % 1000 === 999) onProgress?.(i + 1);
  }
  return report;

  function checkRoute(
    { method, path }: RandomRequest,
    { status, headers }: WireAnswer,
    call: SeenCall | undefined,
  ): void {
    const want = referenceFind(patterns, method, path);
    switch (want.kind) {
      case "none":
        expectEqual([status, call?.method], [404, undefined]);
        return;
      case "invalid":
        expectEqual([status, call?.method], [400, undefined]);
        return;
      case "otherMethod":
        expectEqual([status, headers["allow"]], [method === "OPTIONS" ? 204 : 405, want.allow.join(", ")]);
        return;
      case "found": {
        if (status === 404 || status === 405)
          throw new Error(`status ${status}, but ${want.route.template} fits`);
        if (call === undefined) return;
        expectEqual(call.method, methodOf(want.route));
        for (const [name, text] of Object.entries(want.captures)) {
          const value = valueAt(call.message, name);
          if (typeof value === "string") expectEqual(value, text);
        }
      }
    }
  }
}

/** What a message holds at a dotted proto path; the names in these tests' templates are alike in both spellings. */
function valueAt(message: Record<string, unknown>, path: string): unknown {
  return path
    .split(".")
    .reduce<unknown>((value, name) => (value as Record<string, unknown> | undefined)?.[name], message);
}

function expectEqual(got: unknown, want: unknown): void {
  const [a, b] = [JSON.stringify(got), JSON.stringify(want)];
  if (a !== b) throw new Error(`got ${a}, want ${b}`);
}

function checkAnswer({ method }: RandomRequest, { status, headers, body }: WireAnswer): void {
  if (!(status >= 200 && status < 500)) throw new Error(`status ${status}`);
  if (headers["x-request-id"] === undefined) throw new Error("no request id");
  const length = headers["content-length"];
  if (length !== undefined && method !== "HEAD") expectEqual(body.length, Number(length));
  const isJson = headers["content-type"] === "application/json" && headers["content-encoding"] === undefined;
  if (isJson && length !== undefined && method !== "HEAD") {
    const json = JSON.parse(body.toString()) as { error?: { code: number } };
    if (status >= 400) expectEqual(json.error?.code, status);
  }
}

/** No request takes seconds; one that does hangs. */
const hangMs = 10_000;

function withinTime(listener: RequestListener, request: RandomRequest): Promise<WireAnswer> {
  return within(answerTo(listener, request), {
    ms: hangMs,
    late: () => {
      throw new Error("no answer");
    },
  });
}
