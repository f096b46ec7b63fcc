import type { IncomingMessage, ServerResponse } from "node:http";
import type { DescMethod, DescService, MessageInitShape, Registry } from "@bufbuild/protobuf";
import type { ContextValues, Transport } from "@connectrpc/connect";
import type { HttpSchema } from "../../gen/google/api/http_pb.js";
import type { Timeouts } from "./headers.ts";

/** A call about to be made, as `prepare` sees it: routed, but nothing of its body read. */
export interface PendingCall {
  readonly request: IncomingMessage;
  readonly method: DescMethod;
  readonly requestId: string;
  /** The metadata of the RPC, by lower-case name; may be changed. */
  readonly metadata: Record<string, string>;
}

/** An error that was answered. */
export interface AnsweredError {
  /** What was thrown, with its causes: for logs, never for clients. */
  readonly error: unknown;
  /** The HTTP status that went out, or would have when it came too late for one. */
  readonly status: number;
  readonly request: IncomingMessage;
  readonly requestId: string;
  /** Undefined when no method was found. */
  readonly method: DescMethod | undefined;
}

/** What the YAML of a service configuration has under `http:`. */
export type HttpConfig = MessageInitShape<typeof HttpSchema>;

export interface TranscoderOptions {
  /** Services whose methods with `google.api.http` are served. */
  services: readonly DescService[];
  /** Where the calls go. */
  transport: Transport;
  /** Rules of a service configuration, which take the place of the methods' own options. */
  http?: HttpConfig;
  /** Types and extensions besides those the services' files import, for google.protobuf.Any and error details. */
  registry?: Registry;
  /** Largest request body in bytes, also inflated, or message of a request stream; default 1 MiB. Beyond: 413. */
  maxBodyBytes?: number;
  /** Most bytes of a request stream, inflated; default 64 MiB. Beyond it: 413. */
  maxStreamBytes?: number;
  /** Longest URL in bytes; default 8 KiB. Beyond it: 414. */
  maxUrlBytes?: number;
  /** Most bytes, names included, of the headers that become metadata; default 8 KiB. Beyond it: 431. */
  maxMetadataBytes?: number;
  /** Whether answers and streams are compressed for clients that accept it; default true. */
  compress?: boolean;
  /** Deepest nesting of objects and arrays in a body, and of names in a parameter; default 64. */
  maxDepth?: number;
  /** Deadlines of unary calls; default 30 s, at most 60 s. */
  timeouts?: Timeouts;
  /** Deadlines of streams; default none, and no maximum. */
  streamTimeouts?: Timeouts;
  /** Request headers that become metadata; default `defaultForwardHeaders`. `x-request-id` always does. */
  forwardHeaders?: readonly string[];
  /**
   * Headers and trailers of an RPC's answer that become response headers; default cache-control, location. Of a
   * stream, the trailers become HTTP trailers for a client that says `TE: trailers`.
   */
  responseHeaders?: readonly string[];
  /** The field of a stream's messages that is the `id:` of a server-sent event; default `event_id`. */
  eventIdField?: string;
  /** The field of a stream's request that `Last-Event-ID` fills; default `last_event_id`. */
  lastEventIdField?: string;
  /** Makes a request id when the client sends none that is usable; default a random UUID. */
  createRequestId?: () => string;
  /**
   * Called before a body is read, e.g. to authenticate: may change the metadata, refuse by throwing a
   * ConnectError, and answer context values for the transport.
   */
  prepare?: (call: PendingCall) => ContextValues | undefined | Promise<ContextValues | undefined>;
  /** Called for a path that no route has, in place of a 404. */
  fallback?: (request: IncomingMessage, response: ServerResponse) => void;
  /** Called for every error answered; the place to log the causes of a 500. */
  onError?: (answered: AnsweredError) => void;
  /** The protection space that `WWW-Authenticate` names on a 401; default `rowlock`. */
  realm?: string;
  /** A stream without a first message after so many milliseconds is answered 200 to begin with; default 1000. */
  streamHeadMs?: number;
  /** How often a silent event stream gets a comment, so that proxies keep it open; default 15,000 ms. */
  heartbeatMs?: number;
}

/** The options with their defaults in place. */
export type Settings = Required<
  Omit<TranscoderOptions, "services" | "transport" | "http" | "registry" | "prepare" | "fallback">
> &
  Pick<TranscoderOptions, "prepare" | "fallback">;
