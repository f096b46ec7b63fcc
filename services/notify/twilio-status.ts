import type { Delivery } from "./message.ts";

/** What a status of Twilio's says of a message. The number says why a message was not delivered: https://www.twilio.com/docs/api/errors. */
export function toDelivery(status: string, errorCode: number | null): Delivery {
  switch (status) {
    case "delivered":
    case "read":
      return { state: "DELIVERED", error: "" };
    case "undelivered":
    case "failed":
    case "canceled":
      return { state: "UNDELIVERED", error: errorCode ? `${status}: ${errorCode}` : status };
    default:
      return { state: "SENT", error: "" };
  }
}
