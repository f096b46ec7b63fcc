import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import {
  Channel as ChannelMessage,
  Message_State,
  type MessageSchema,
  Suppression_Reason,
  type SuppressionSchema,
} from "../../gen/rowlock/notify/v1/notify_pb.js";
import type { Channel, Message, MessageState } from "./message.ts";
import type { Suppression } from "./suppression.ts";

const states = {
  PENDING: Message_State.PENDING,
  SENT: Message_State.SENT,
  REFUSED: Message_State.REFUSED,
  DELIVERED: Message_State.DELIVERED,
  UNDELIVERED: Message_State.UNDELIVERED,
  SUPPRESSED: Message_State.SUPPRESSED,
  FAILED: Message_State.FAILED,
} as const satisfies Record<MessageState, Message_State>;

const channels = {
  EMAIL: ChannelMessage.EMAIL,
  SMS: ChannelMessage.SMS,
} as const satisfies Record<Channel, ChannelMessage>;

/** The message of a message. */
export function toMessage(message: Message): MessageInitShape<typeof MessageSchema> {
  const { id, to, subject, eventKey, orderId, providerId, error, sendTime, resendOf } = message;
  return {
    id,
    channel: channels[message.channel],
    state: states[message.state],
    to,
    subject,
    eventKey,
    orderId,
    providerId,
    error,
    resendOf,
    createTime: timestampFromDate(message.createTime),
    ...(sendTime === null ? {} : { sendTime: timestampFromDate(sendTime) }),
  };
}

/** The message of a suppression. */
export function toSuppression({
  id,
  channel,
  address,
  reason,
  detail,
  saidTime,
}: Suppression): MessageInitShape<typeof SuppressionSchema> {
  return {
    ...{ id, address, detail },
    channel: channels[channel],
    reason: Suppression_Reason[reason],
    suppressTime: timestampFromDate(saidTime),
  };
}

/** The state of a message as it is stored; undefined when none is asked for. */
export function stateOf(wanted: Message_State): MessageState | undefined {
  return (Object.keys(states) as MessageState[]).find((state) => states[state] === wanted);
}
