import { expect, test } from "vitest";
import { PycomService } from "../../gen/rowlock/legacy/pycom/v1/pycom_pb.js";
import { fakeTransport, listen } from "./testing/serve.ts";
import { createTranscoder } from "./transcoder.ts";

const formType = "application/x-www-form-urlencoded";

async function send(path: string, body: string, { type = formType, method = "POST" } = {}) {
  const transport = fakeTransport({
    UpdateCart: () => ({}),
    CreateCoupon: () => ({}),
    CreateProduct: () => ({}),
  });
  await using serving = await listen(createTranscoder({ services: [PycomService], transport }));
  const response = await fetch(serving.url + path, { method, body, headers: { "content-type": type } });
  const answer = (await response.json()) as { error?: { message: string } };
  const message = transport.calls[0]?.message;
  return { status: response.status, error: answer.error?.message, message };
}

const text = (value: string) => ({ kind: { case: "stringValue", value } });

test.each<[string, string, object, string]>([
  [
    "/api/updatecart",
    "sid=s+1&pid=MUG&v=",
    { sid: "s 1", pid: text("MUG"), v: text("") },
    "a value that is empty",
  ],
  [
    "/api/updatecart",
    "sid=%C3%A4&pid=7&v=3",
    { sid: "ä", pid: text("7"), v: text("3") },
    "numbers stay text",
  ],
  ["/api/updatecart", "&sid=s&&pid=a%26b", { sid: "s", pid: text("a&b") }, "empty pairs, an escaped mark"],
  ["/api/updatecart", "sid&pid=__proto__", { sid: "", pid: text("__proto__") }, "a name alone"],
  [
    "/api/crudproducts",
    "name=Mug&price=9.5&quantity=3",
    { name: "Mug", price: 9.5, quantity: 3n },
    "numbers",
  ],
  ["/api/crudcoupons", "id=x1&products=a&products=b", { id: "x1", products: ["a", "b"] }, "a list"],
  ["/api/crudcoupons", "id=x1&products=a", { id: "x1", products: ["a"] }, "a list of one"],
])("%s %s is read (%s)", async (path, form, want, _why) => {
  const { status, message } = await send(path, form);
  expect(status).toBe(200);
  expect(message).toMatchObject(want);
});

test.each<[string, string, string]>([
  ["sid=a&sid=b&pid=1", "sid: is given twice", "no list"],
  ["sid=a&pidd=1", 'pidd: unknown field; did you mean "pid"?', "no field"],
  ["sid=%ff&pid=1", "sid: is not percent-encoded UTF-8", "no text"],
  ["sid=a&__proto__=1", "unknown field", "no field either"],
])("%s is refused: %s (%s)", async (form, want, _why) => {
  const { status, error } = await send("/api/updatecart", form);
  expect([status, error]).toEqual([400, expect.stringContaining(want)]);
});

test.each([
  ["multipart/form-data; boundary=x", "another kind of form"],
  [`${formType}; charset=latin1`, "another charset"],
  ["text/plain", "no form"],
])("%s is refused with 415 (%s)", async (type) => {
  expect((await send("/api/updatecart", "sid=a&pid=1", { type })).status).toBe(415);
});

test("JSON is still read, and an empty form is an empty request", async () => {
  const json = await send("/api/updatecart", '{"sid":"a","pid":1}', { type: "application/json" });
  expect(json.message).toMatchObject({ sid: "a", pid: { kind: { case: "numberValue", value: 1 } } });
  expect((await send("/api/updatecart", "")).message).toMatchObject({ sid: "" });
});

test("a form that could not be the whole request is a start-up error", () => {
  const selector = `${PycomService.typeName}.UpdateCart`;
  const rule = { selector, pattern: { case: "post", value: "/x" }, body: "coupon" } as const;
  const start = () =>
    createTranscoder({ services: [PycomService], transport: fakeTransport({}), http: { rules: [rule] } });
  expect(start).toThrow("a form is a whole request message");
});
