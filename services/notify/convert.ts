import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import {
  Channel as ChannelMessage,
  Message_State,
  type MessageSchema,
} from "../../gen/rowlock/notify/v1/notify_pb.js";
import type { Channel, Message, MessageState } from "./message.ts";

const states = {
  PENDING: Message_State.PENDING,
  SENT: Message_State.SENT,
  REFUSED: Message_State.REFUSED,
  DELIVERED: Message_State.DELIVERED,
  UNDELIVERED: Message_State.UNDELIVERED,
} as const satisfies Record<MessageState, Message_State>;

const channels = {
  EMAIL: ChannelMessage.EMAIL,
  SMS: ChannelMessage.SMS,
} as const satisfies Record<Channel, ChannelMessage>;

/** The message of a message. */
export function toMessage(message: Message): MessageInitShape<typeof MessageSchema> {
  const { id, to, subject, eventKey, orderId, providerId, error, sendTime } = message;
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
    createTime: timestampFromDate(message.createTime),
    ...(sendTime === null ? {} : { sendTime: timestampFromDate(sendTime) }),
  };
}
