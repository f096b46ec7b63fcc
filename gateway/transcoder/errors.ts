import { create, type DescMessage, type Message, type Registry } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { type RetryInfo, RetryInfoSchema } from "../../gen/google/rpc/error_details_pb.js";
import { codeName } from "../../lib/errors/codes.ts";
import { toPublicError } from "../../lib/errors/public-error.ts";
import { errorInfo, failure, invalidArgument } from "../../lib/errors/reasons.ts";
import { BadInput } from "./bad-input.ts";
import { httpStatus, isInternal } from "./http-status.ts";
import { type JsonWriter, writeString } from "./json-write.ts";
import { Refusal } from "./refusal.ts";

/** An error as it goes out. */
export interface RenderedError {
  readonly status: number;
  /** `{"error":{"code":409,"status":"ABORTED","message":"…","details":[…]}}` */
  readonly body: string;
  /** Names and values in turn, as `writeHead` takes them. */
  readonly headers: readonly string[];
}

export interface ErrorRenderer {
  render(err: unknown): RenderedError;
}

/**
 * Renders anything thrown, for the one error shape of the REST interface. Errors of unknown or internal kind
 * come out as a bare 500; details of types that nobody here knows, and google.rpc.DebugInfo, stay inside.
 */
export function createErrorRenderer(options: {
  registry: Registry;
  /** Writes the services' own details, with defaults: that 0 are available is what a shortage says. */
  writer: JsonWriter;
  /** Writes google.rpc's details, without defaults: an empty field of theirs says nothing. */
  standardWriter: JsonWriter;
  /** The protection space that `WWW-Authenticate` names. */
  realm: string;
}): ErrorRenderer {
  const { registry, writer, standardWriter, realm } = options;
  return {
    render(err) {
      const refusal = err instanceof Refusal ? err : undefined;
      const error = toPresentable(err);
      const status = refusal?.status ?? httpStatus(error.code);
      const headers = [...(refusal?.headers ?? [])];
      const details: string[] = [];
      for (const { desc, message } of readDetails(error, registry)) {
        if (desc.typeName === RetryInfoSchema.typeName)
          headers.push("retry-after", retryAfter(message as RetryInfo));
        details.push(writeDetail(desc, message));
      }
      if (status === 401) headers.push("www-authenticate", `Bearer realm="${realm}"`);
      const body =
        `{"error":{"code":${status},"status":"${codeName(error.code)}",` +
        `"message":${writeString(error.rawMessage)},"details":[${details.join(",")}]}}`;
      return { status, body, headers };
    },
  };

  function writeDetail(desc: DescMessage, message: Message): string {
    const type = `"@type":"type.googleapis.com/${desc.typeName}"`;
    const standard = desc.typeName.startsWith("google.rpc.");
    const fields = (standard ? standardWriter : writer).message(desc)(message);
    return fields === "{}" ? `{${type}}` : `{${type},${fields.slice(1)}`;
  }
}

/** The error whose status, words and details may be shown. */
export function toPresentable(err: unknown): ConnectError {
  if (err instanceof Refusal) return err.error;
  if (err instanceof BadInput) return invalidArgument([{ field: err.field ?? "", description: err.message }]);
  const error = toPublicError(err);
  if (isInternal(error.code)) {
    return failure({ code: Code.Internal, reason: "INTERNAL", message: "internal error", cause: err });
  }
  // Transports put addresses and system errors into these words; a service that means its words gives a reason.
  if (error.code === Code.Unavailable && errorInfo(err) === undefined) {
    return failure({
      code: Code.Unavailable,
      reason: "UNAVAILABLE",
      message: "the service cannot be reached at the moment",
      cause: err,
    });
  }
  return error;
}

interface DecodedDetail {
  desc: DescMessage;
  message: Message;
}

/** Details as messages, whether they came over a wire (type and bytes) or from this process (descriptor and value). */
function readDetails(error: ConnectError, registry: Registry): DecodedDetail[] {
  const decoded: DecodedDetail[] = [];
  for (const detail of error.details) {
    if ("desc" in detail) {
      decoded.push({ desc: detail.desc, message: create(detail.desc, detail.value) });
      continue;
    }
    const desc = registry.getMessage(detail.type);
    if (desc === undefined) continue;
    const holder = new ConnectError("", error.code);
    holder.details = [detail];
    const message = holder.findDetails(desc)[0];
    if (message !== undefined) decoded.push({ desc, message });
  }
  return decoded.filter(({ desc }) => desc.typeName !== "google.rpc.DebugInfo");
}

/** Whole seconds, rounded up: coming back too early is refused again. */
function retryAfter({ retryDelay }: RetryInfo): string {
  const seconds = Number(retryDelay?.seconds ?? 0n) + (retryDelay?.nanos ?? 0) / 1e9;
  return String(Math.max(0, Math.ceil(seconds)));
}
