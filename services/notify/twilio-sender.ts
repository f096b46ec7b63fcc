import twilio from "twilio";
import { type Circuit, closedCircuit } from "../../lib/circuit/circuit.ts";
import { excerpt } from "../../lib/one-line.ts";
import { inTime, SendRefused, SendUnavailable, toUnreachable } from "./send-errors.ts";
import type { SmsSender } from "./sms-sender.ts";
import { toDelivery } from "./twilio-status.ts";

/** How a Twilio account is reached, and from which number it sends. */
export interface TwilioOptions {
  /** `AC…`. */
  accountSid: string;
  authToken: string;
  /** Twilio's own address when not given. */
  baseUrl?: string;
  /** The shop's number, E.164. */
  from: string;
  /** For each call, in milliseconds. */
  timeoutMs: number;
  /** Where Twilio tells what becomes of a message; it tells nobody when not given. */
  statusCallback?: string;
  /** Keeps calls from Twilio while it is away; without one every call is made. */
  circuit?: Circuit;
}

/** Text messages through Twilio. */
export function createTwilioSender({
  accountSid,
  authToken,
  baseUrl,
  from,
  timeoutMs,
  statusCallback,
  circuit = closedCircuit,
}: TwilioOptions): SmsSender {
  const options = { timeout: timeoutMs, keepAlive: true, autoRetry: false };
  const httpClient =
    baseUrl === undefined ? new twilio.RequestClient(options) : new RedirectedClient(baseUrl, options);
  const client = twilio(accountSid, authToken, { httpClient });

  const ask = <T>(call: () => Promise<T>) =>
    circuit(() => inTime(call(), { timeoutMs, provider: "Twilio" }), isOutage);

  /** A message, or nothing when Twilio does not know it. */
  async function fetch(sid: string) {
    try {
      const message = await ask(() => client.messages(sid).fetch());
      requireSid(message.sid);
      return message;
    } catch (err) {
      if (err instanceof twilio.RestException && err.status === 404) return undefined;
      throw unlessRefused(err);
    }
  }

  return {
    name: "Twilio",
    timeoutMs,
    async send({ to, text }) {
      try {
        const callback = statusCallback === undefined ? {} : { statusCallback };
        const { sid } = await ask(() => client.messages.create({ to, from, body: text, ...callback }));
        return requireSid(sid);
      } catch (err) {
        throw translate(err);
      }
    },
    async find({ to, text, since }) {
      try {
        // No filter by date: it goes by the time of sending, which a queued message does not have yet.
        const messages = await ask(() => client.messages.list({ to, from, limit: 50, pageSize: 50 }));
        // Twilio's times are whole seconds.
        const earliest = since.getTime() - 1_000;
        const same = messages.filter(({ body, dateCreated }) => {
          return body === text && dateCreated instanceof Date && dateCreated.getTime() >= earliest;
        });
        return same.map(({ sid }) => sid).reverse();
      } catch (err) {
        throw unlessRefused(err);
      }
    },
    async delivery(providerId) {
      const found = await fetch(providerId);
      return found && toDelivery(found.status, found.errorCode);
    },
    async receiveTime(providerId) {
      return (await fetch(providerId))?.dateCreated;
    },
  };
}

/** Twilio's SDK has no option for its address: this client exchanges the origin of each request. */
class RedirectedClient extends twilio.RequestClient {
  readonly #origin: string;

  constructor(baseUrl: string, options: ConstructorParameters<typeof twilio.RequestClient>[0]) {
    super(options);
    this.#origin = new URL(baseUrl).origin;
  }

  override request: InstanceType<typeof twilio.RequestClient>["request"] = (opts) => {
    const { pathname, search } = new URL(opts.uri);
    return super.request({ ...opts, uri: this.#origin + pathname + search });
  };
}

/** Twilio's number for a recipient who answered STOP: https://www.twilio.com/docs/api/errors/21610. */
const unsubscribedCode = 21610;

/** Twilio's numbers for faults of the sending number, which the shop can mend: the message is not to blame. */
const senderFaults = new Set([21212, 21603, 21606, 21659, 21660]);

function translate(err: unknown): SendRefused | SendUnavailable {
  if (err instanceof SendUnavailable) return err;
  if (!(err instanceof twilio.RestException)) return toUnreachable("Twilio", err);
  const { status, code, message } = err;
  if (status === 400 && !senderFaults.has(code ?? 0))
    return new SendRefused(excerpt(message ?? "") || "refused", { optedOut: code === unsubscribedCode });
  const number = code === undefined ? "" : ` (${code})`;
  return new SendUnavailable(`Twilio answered ${status}${number}`, {
    // A server that failed may have taken the message all the same.
    pending: status === 408 || (status ?? 0) >= 500,
  });
}

/** What a look-up failed with: a refusal of it says nothing of a message. */
function unlessRefused(err: unknown): SendUnavailable {
  const failure = translate(err);
  return failure instanceof SendRefused ? new SendUnavailable(failure.message, { pending: false }) : failure;
}

/** Whether Twilio did not answer, or with a fault of its own. */
function isOutage(err: unknown): boolean {
  return !(err instanceof twilio.RestException) || err.status === undefined || err.status >= 500;
}

function requireSid(sid: unknown): string {
  if (typeof sid === "string" && sid !== "") return sid;
  throw new SendUnavailable("Twilio's answer is not what its contract says", { pending: false });
}
