import { setTimeout as delay } from "node:timers/promises";
import { create } from "@bufbuild/protobuf";
import { type Any, durationMs } from "@bufbuild/protobuf/wkt";
import { ConnectError, type HandlerContext, type ServiceImpl } from "@connectrpc/connect";
import { BadRequestSchema } from "../../../gen/google/rpc/error_details_pb.js";
import {
  type EchoRequest,
  type EchoResponse,
  EchoResponseSchema,
  EchoService,
} from "../../../gen/rowlock/testing/v1/echo_pb.js";
import { invalidArgument } from "../../errors/reasons.ts";
import { callerOf } from "../caller.ts";
import { defineService, type ServiceDefinition } from "../service.ts";

/** The EchoService as its contract describes it; `overrides` replaces single handlers. */
export function createEchoService(
  overrides: Partial<ServiceImpl<typeof EchoService>> = {},
): ServiceDefinition<typeof EchoService> {
  return defineService(EchoService, {
    echo,
    echoCustomer: echo,
    echoStaff: echo,
    echoService: echo,

    async collect(requests, ctx) {
      echoHeaders(ctx);
      const texts: string[] = [];
      for await (const req of requests) {
        await pause(req, ctx);
        failIfAsked(req);
        texts.push(req.text);
      }
      return answer(texts.join(","), ctx);
    },

    async *repeat(req, ctx) {
      echoHeaders(ctx);
      const times =
        req.count === 0 && req.error === undefined && req.badRequest === undefined ? 1 : req.count;
      for (let i = 0; i < times; i++) {
        await pause(req, ctx);
        yield answer(req.text, ctx);
      }
      failIfAsked(req);
    },

    async *chat(requests, ctx) {
      echoHeaders(ctx);
      for await (const req of requests) {
        await pause(req, ctx);
        failIfAsked(req);
        yield answer(req.text, ctx);
      }
    },
    ...overrides,
  });
}

async function echo(req: EchoRequest, ctx: HandlerContext): Promise<EchoResponse> {
  echoHeaders(ctx);
  await pause(req, ctx);
  failIfAsked(req);
  return answer(req.text, ctx);
}

function answer(text: string, ctx: HandlerContext): EchoResponse {
  const { kind, id } = callerOf(ctx);
  return create(EchoResponseSchema, {
    text,
    remainingMs: BigInt(Math.floor(ctx.timeoutMs() ?? 0)),
    caller: kind === "none" ? kind : `${kind}:${id}`,
  });
}

function echoHeaders(ctx: HandlerContext): void {
  ctx.requestHeader.forEach((value, name) => {
    if (name.startsWith("x-echo-")) {
      ctx.responseHeader.set(name, value);
      // The suffix -bin marks binary metadata, so it must stay the last one.
      const trailer = name.endsWith("-bin") ? name.replace(/-bin$/, "-trailer-bin") : `${name}-trailer`;
      ctx.responseTrailer.set(trailer, value);
    }
  });
}

async function pause(req: EchoRequest, ctx: HandlerContext): Promise<void> {
  if (req.delay !== undefined) {
    await delay(durationMs(req.delay), undefined, { signal: ctx.signal });
  }
}

function failIfAsked(req: EchoRequest): void {
  if (req.badRequest !== undefined) {
    const { fieldViolations } = create(BadRequestSchema, req.badRequest);
    throw invalidArgument(fieldViolations.map(({ field, description }) => ({ field, description })));
  }
  if (req.error !== undefined) {
    const err = new ConnectError(req.error.message, req.error.code);
    err.details = req.error.details.map(incomingDetail);
    throw err;
  }
}

function incomingDetail(any: Any): { type: string; value: Uint8Array<ArrayBuffer> } {
  return { type: any.typeUrl.slice(any.typeUrl.lastIndexOf("/") + 1), value: Uint8Array.from(any.value) };
}
