import { create } from "@bufbuild/protobuf";
import { createClient, createHandlerContext, createRouterTransport } from "@connectrpc/connect";
import { expect, test } from "vitest";
import { MicroServicesService } from "../../gen/rowlock/legacy/micro_services/v1/micro_services_pb.js";
import { Channel, Message_State, NotifyService } from "../../gen/rowlock/notify/v1/notify_pb.js";
import { Order_State, OrderSchema, OrderService } from "../../gen/rowlock/order/v1/order_pb.js";
import { systemClock } from "../../lib/clock.ts";
import { createLog } from "../../lib/telemetry/log.ts";
import { awaitMessages } from "./await-messages.ts";

const { PENDING, SENT, REFUSED } = Message_State;
const { PAID, FULFILLED } = Order_State;

const orderIn = (state: Order_State, phone = "+14155550123") =>
  create(OrderSchema, { id: "ord_1", state, contact: { email: "ada@example.com", phone } });

/** A shop whose order goes through these states, and whose messages are in these at each look; the last stays. */
function shop({
  states,
  looks,
  phone,
}: {
  states: Order_State[];
  looks: Partial<Record<Channel, Message_State>>[];
  phone?: string;
}) {
  let at = 0;
  const transport = createRouterTransport(({ service }) => {
    service(OrderService, {
      async *watchOrder(_request, ctx) {
        for (const state of states) yield { order: orderIn(state, phone) };
        await new Promise((_resolve, reject) => ctx.signal.addEventListener("abort", reject));
      },
    });
    service(NotifyService, {
      listMessages: () => {
        const look = looks[Math.min(at++, looks.length - 1)] ?? {};
        const messages = Object.entries(look).map(([channel, state]) => {
          return { channel: Number(channel) as Channel, state, eventKey: "ord_1:fulfilled" };
        });
        return { messages: [{ channel: Channel.EMAIL, state: SENT, eventKey: "ord_1:paid" }, ...messages] };
      },
    });
  });
  return {
    orders: createClient(OrderService, transport),
    notify: createClient(NotifyService, transport),
    clock: systemClock,
    log: createLog({ level: "silent" }),
    looks: () => at,
  };
}

function context(timeoutMs?: number) {
  const method = MicroServicesService.method.pay;
  return createHandlerContext({
    service: method.parent,
    method,
    protocolName: "test",
    requestMethod: "POST",
    url: "test:",
    ...(timeoutMs !== undefined && { timeoutMs }),
  });
}

const { EMAIL, SMS } = Channel;

test.each([
  ["both at once", [{ [EMAIL]: SENT, [SMS]: SENT }], 1],
  [
    "one after the other",
    [{}, { [EMAIL]: SENT }, { [EMAIL]: SENT, [SMS]: PENDING }, { [EMAIL]: SENT, [SMS]: SENT }],
    4,
  ],
  ["one that is refused", [{ [EMAIL]: SENT, [SMS]: REFUSED }], 1],
])("waits for label and messages: %s", async (_, looks, count) => {
  const deps = shop({ states: [PAID, FULFILLED], looks });
  const told = await awaitMessages(deps, context(), { order: orderIn(PAID) });
  const last = looks.at(-1) as Partial<Record<Channel, Message_State>>;
  expect([told.order.state, told.email?.state, told.sms?.state]).toEqual([FULFILLED, last[EMAIL], last[SMS]]);
  expect(deps.looks()).toBe(count);
});

test("without a phone number there is no text message to wait for", async () => {
  const deps = shop({ states: [FULFILLED], phone: "", looks: [{ [EMAIL]: SENT }] });
  const told = await awaitMessages(deps, context(), { order: orderIn(PAID, "") });
  expect([told.email?.state, told.sms, deps.looks()]).toEqual([SENT, undefined, 1]);
});

test("a label that does not come is not waited for longer than it may take", async () => {
  const deps = shop({ states: [PAID], looks: [] });
  const told = await awaitMessages(deps, context(), { order: orderIn(PAID), waitMs: 50 });
  expect([told.order.state, told.email, told.sms]).toEqual([PAID, undefined, undefined]);
  expect(deps.looks()).toBe(0);
});

test("messages that are not sent are not waited for, either", async () => {
  const deps = shop({ states: [FULFILLED], looks: [{ [EMAIL]: PENDING, [SMS]: PENDING }] });
  const told = await awaitMessages(deps, context(), { order: orderIn(PAID), waitMs: 200 });
  expect([told.order.state, told.email?.state, told.sms?.state]).toEqual([FULFILLED, PENDING, PENDING]);
});

test("nobody waits whose own time is nearly over", async () => {
  const deps = shop({ states: [FULFILLED], looks: [] });
  const told = await awaitMessages(deps, context(500), { order: orderIn(PAID) });
  expect(told.order.state).toBe(PAID);
});
