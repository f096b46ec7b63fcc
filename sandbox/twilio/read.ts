import type { MessageRecord } from "./messages.ts";

/** Twilio's refusals have a number of their own besides the HTTP status. */
export class TwilioError extends Error {
  readonly status: number;
  readonly code: number;

  constructor(status: number, code: number, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

const KNOWN = new Set(
  `To StatusCallback ApplicationSid MaxPrice ProvideFeedback Attempt ValidityPeriod ForceDelivery ContentRetention
   AddressRetention SmartEncoded PersistentAction TrafficType ShortenUrls ScheduleType SendAt SendAsMms
   ContentVariables RiskCheck From FallbackFrom MessagingServiceSid Body MediaUrl ContentSid`.split(/\s+/),
);

/** What Twilio's test numbers answer (www.twilio.com/docs/iam/test-credentials). */
const TO_ANSWERS: Record<string, [number, (number: string) => string]> = {
  "+15005550001": [21211, (number) => `The 'To' number ${number} is not a valid phone number.`],
  "+15005550002": [
    21612,
    (number) =>
      `The 'To' phone number: ${number}, is not currently reachable using the 'From' phone number via SMS.`,
  ],
  "+15005550003": [
    21408,
    (number) =>
      `Permission to send an SMS has not been enabled for the region indicated by the 'To' number: ${number}.`,
  ],
  "+15005550004": [21610, () => "Attempt to send to unsubscribed recipient"],
  "+15005550009": [21614, (number) => `'To' number: ${number}, is not a valid mobile number`],
};
const FROM_ANSWERS: Record<string, [number, (number: string) => string]> = {
  "+15005550001": [
    21212,
    (number) =>
      `The 'From' number ${number} is not a valid phone number, shortcode, or alphanumeric sender ID.`,
  ],
  "+15005550007": [
    21606,
    (number) =>
      `The From phone number ${number} is not a valid, SMS-capable inbound phone number or short code for your account.`,
  ],
  "+15005550008": [
    21611,
    (number) => `This 'From' number ${number} has exceeded the maximum number of queued messages`,
  ],
};

/** E.164, short codes, or a channel address such as whatsapp:+1…. */
const PHONE = /^(?:[a-z]+:)?\+?[1-9]\d{4,14}$/;
const SENDER = /^(?:(?:[a-z]+:)?\+?[1-9]\d{2,14}|(?=.*[A-Za-z])[A-Za-z0-9 +_&-]{1,11})$/;

export function readMessage(
  form: Map<string, string[]>,
  { account, now }: { account: string; now: number },
): Omit<MessageRecord, "id" | "created"> {
  const one = (name: string) => form.get(name)?.at(-1) ?? "";
  const unknown = [...form.keys()].find((name) => !KNOWN.has(name));
  if (unknown !== undefined) throw new TwilioError(400, 20001, `Unknown parameter: ${unknown}`);
  const to = one("To").replaceAll(/[\s()-]/g, "");
  const from = one("From");
  const service = one("MessagingServiceSid");
  const body = one("Body");
  const media = form.get("MediaUrl") ?? [];
  if (to === "") throw new TwilioError(400, 21604, "A 'To' phone number is required.");
  if (!PHONE.test(to)) throw new TwilioError(400, 21211, `Invalid 'To' Phone Number: ${to}`);
  if (from === "" && service === "") throw new TwilioError(400, 21603, "A 'From' phone number is required.");
  if (body === "" && media.length === 0 && one("ContentSid") === "") {
    throw new TwilioError(400, 21602, "Message body is required.");
  }
  if (body.length > 1600) {
    throw new TwilioError(400, 21617, "The concatenated message body exceeds the 1600 character limit.");
  }
  if (service !== "" && !/^MG[0-9a-fA-F]{32}$/.test(service)) {
    throw new TwilioError(400, 21705, "The Messaging Service Sid is invalid.");
  }
  if (from !== "" && !SENDER.test(from)) throw fromRefused("+15005550001", from);
  if (media.length > 10) throw new TwilioError(400, 21623, "Number of media files exceeds allowed limit.");
  const callback = one("StatusCallback");
  if (callback !== "" && !URL.canParse(callback)) {
    throw new TwilioError(400, 21609, `The 'StatusCallback' URL ${callback} is not a valid URL.`);
  }
  if (FROM_ANSWERS[from]) throw fromRefused(from, from);
  const refused = TO_ANSWERS[to];
  if (refused) throw new TwilioError(400, refused[0], refused[1](to));
  const sendAt = readSchedule({ type: one("ScheduleType"), at: one("SendAt"), service, now });
  return {
    account,
    to,
    body,
    media,
    ...(from !== "" && { from }),
    ...(service !== "" && { service }),
    ...(callback !== "" && { statusCallback: callback }),
    ...(sendAt !== undefined && { sendAt }),
  };
}

function fromRefused(rule: string, from: string): TwilioError {
  const [code, text] = FROM_ANSWERS[rule] ?? [21212, () => ""];
  return new TwilioError(400, code, text(from));
}

/** Messages are scheduled by a Messaging Service, from five minutes to 35 days ahead. */
function readSchedule({
  type,
  at,
  service,
  now,
}: {
  type: string;
  at: string;
  service: string;
  now: number;
}): number | undefined {
  if (type === "" && at === "") return undefined;
  if (type !== "fixed") throw new TwilioError(400, 35111, "ScheduleType is missing or not 'fixed'.");
  if (service === "")
    throw new TwilioError(400, 35118, "MessagingServiceSid is required to schedule a message.");
  const time = Date.parse(at);
  if (!Number.isFinite(time)) throw new TwilioError(400, 35114, "SendAt is missing or not an ISO 8601 time.");
  if (time < now + 300_000 || time > now + 35 * 86_400_000) {
    throw new TwilioError(400, 35114, "SendAt must be between 5 minutes and 35 days from now.");
  }
  return time;
}
