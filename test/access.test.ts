import { createHash } from "node:crypto";
import { type DescMethod, fromJson } from "@bufbuild/protobuf";
import { Code, ConnectError, createClient, type Transport } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Role } from "../gen/rowlock/auth/v1/access_pb.js";
import { reasonOf } from "../lib/errors/reasons.ts";
import { newToken } from "../lib/ids/ids.ts";
import { createGrpcTransport, type GrpcTransport } from "../lib/rpc/grpc-transport.ts";
import { createPrincipalSigner, type Principal } from "../lib/rpc/index.ts";
import { forgeries } from "../lib/rpc/testing/forgeries.ts";
import { newVisitor } from "./auth/visitor.ts";
import { type Buyer, delivery, newBuyer, newOrder } from "./support/buyer.ts";
import { Access, accessOf, isReading, methods, nameOf, routes, services } from "./support/contracts.ts";
import { createRest, reasonIn } from "./support/rest.ts";
import { type Json, sampleOf, toHttp } from "./support/samples.ts";
import { openShop, type TestShop, testServiceKey, testStaffKey } from "./support/shop.ts";

const signer = createPrincipalSigner({ key: Buffer.from(testServiceKey) });
const strangerToken = newToken();
const strangerDigest = createHash("sha256").update(strangerToken).digest("hex");

type Headers = Record<string, string>;

/** What a caller is to be taken for: by kind, and staff by what its key allows. */
type As = "none" | "guest" | "customer" | "service" | "invalid" | { role: Role; areas: readonly string[] };

/** A caller: what it sends, and what it is taken for on the port of the services, and at the gateway. */
interface Caller {
  headers: () => Headers | Promise<Headers>;
  as: As;
  /** Where it differs: the gateway takes no word of processes, and the services no cookies. */
  atGateway?: As;
}

const staff = (role: Role, areas: readonly string[] = []): As => ({ role, areas });
const bearer = (key: string): Headers => ({ authorization: `Bearer ${key}` });

/** Signed for each call: it would not last through all of them. */
const signedAs = (principal: Principal, as: As): Caller => ({
  as,
  atGateway: "none",
  headers: async () => ({ "rowlock-principal": await signer.sign(principal) }),
});

/** Each kind of caller. */
const callers: Record<string, Caller> = {
  nobody: { as: "none", headers: () => ({}) },
  "a token of nothing": { as: "guest", headers: () => ({ "rowlock-token": strangerToken }) },
  "a buyer": { as: "guest", headers: () => ({ "rowlock-token": buyer.token }) },
  "a customer": { as: "customer", headers: () => bearer(customer.token) },
  "a customer by cookie": { as: "none", atGateway: "customer", headers: () => customer.cookie },
  "a customer with a guest's token": {
    as: "customer",
    headers: () => ({ ...bearer(customer.token), "rowlock-token": strangerToken }),
  },
  "the configured key": { as: staff(Role.ADMIN), headers: () => bearer(testStaffKey) },
  "a viewer": { as: staff(Role.VIEWER), headers: () => bearer(keys.viewer.key) },
  "an editor": { as: staff(Role.EDITOR), headers: () => ({ "x-api-key": keys.editor.key }) },
  "an admin": { as: staff(Role.ADMIN), headers: () => bearer(keys.admin.key) },
  "an editor of two areas": {
    as: staff(Role.EDITOR, ["catalog", "notify"]),
    headers: () => bearer(keys.areas.key),
  },
  "a viewer of one area": { as: staff(Role.VIEWER, ["order"]), headers: () => bearer(keys.viewerArea.key) },
  "a revoked key": { as: "invalid", headers: () => bearer(keys.revoked.key) },
  "an expired key": { as: "invalid", headers: () => ({ "x-api-key": keys.expired.key }) },
  "a wrong key": { as: "invalid", headers: () => bearer("rlk_wrong-key-of-nobody") },
  "a forged session": { as: "invalid", headers: () => bearer(`${customer.token.slice(0, -6)}AAAAA=`) },
  "a forged cookie": {
    as: "none",
    atGateway: "invalid",
    headers: () => ({ ...customer.cookie, cookie: `${customer.cookie.cookie}x` }),
  },
  "a customer's session as an API key": { as: "invalid", headers: () => ({ "x-api-key": customer.token }) },
  "a wrong key beside a good session": {
    as: "invalid",
    headers: () => ({ ...bearer(customer.token), "x-api-key": "rlk_wrong" }),
  },
  ...Object.fromEntries(
    (await forgeries(Buffer.from(testServiceKey))).map(([name, value]): [string, Caller] => [
      `a principal ${name}`,
      { as: "invalid", atGateway: "none", headers: () => ({ "rowlock-principal": value }) },
    ]),
  ),
  "a signed guest": signedAs({ kind: "guest", id: strangerDigest }, "guest"),
  "a signed customer": signedAs({ kind: "customer", id: "cus_1" }, "customer"),
  "another service": signedAs({ kind: "service", id: "shipping" }, "service"),
};

/** What a caller gets from a method's access option. */
function wanted(method: DescMethod, as: As): string {
  if (as === "invalid") return "UNAUTHENTICATED INVALID_CREDENTIALS";
  // Open to all, and so to be checked by the method itself: none of the callers is the vendor.
  if (/^Receive\w+Webhook$/.test(method.name)) return "UNAUTHENTICATED WEBHOOK_SIGNATURE_INVALID";
  const access = accessOf(method);
  if (access === Access.PUBLIC) return "passes";
  if (as === "none") return "UNAUTHENTICATED UNAUTHENTICATED";
  const kind = typeof as === "string" ? as : "staff";
  const admitted: Partial<Record<Access, readonly string[]>> = {
    [Access.CUSTOMER]: ["guest", "customer", "staff", "service"],
    [Access.STAFF]: ["staff", "service"],
    [Access.ADMIN]: ["staff"],
    [Access.SERVICE]: ["service"],
  };
  if (!admitted[access]?.includes(kind)) return "PERMISSION_DENIED PERMISSION_DENIED";
  if (typeof as === "string" || as.role === Role.ADMIN) return "passes";
  if (access === Access.ADMIN) return "PERMISSION_DENIED ROLE_TOO_SMALL";
  const area = /^rowlock\.(\w+)\./.exec(method.parent.file.proto.package)?.[1] ?? "";
  if (as.areas.length > 0 && !as.areas.includes(area)) return "PERMISSION_DENIED AREA_NOT_ALLOWED";
  return as.role === Role.VIEWER && !isReading(method) ? "PERMISSION_DENIED ROLE_TOO_SMALL" : "passes";
}

let shop: TestShop;
let buyer: Buyer;
let customer: { token: string; cookie: { cookie: string; origin: string } };
let keys: Record<"viewer" | "editor" | "admin" | "areas" | "viewerArea" | "revoked" | "expired", ApiKey>;
let orderId: string;
let orderToken: string;
let known: Json;
let grpc: GrpcTransport;
let connect: Transport;
beforeAll(async () => {
  shop = await openShop();
  await shop.sell("ACCESS");
  const ordered = await newOrder(shop.rest, ["ACCESS"]);
  orderId = ordered.order.body.id;
  buyer = await newBuyer(shop.rest);
  await buyer.add("ACCESS", 2);
  await buyer.deliver();
  known = {
    cart_id: buyer.cartId,
    order_id: orderId,
    shipping_method_id: ordered.order.body.shippingMethods[0].id,
    sku: "ACCESS",
    contact: delivery.contact,
    shipping_address: delivery.shippingAddress,
    last_event_id: "",
    expected_item_total: { currencyCode: "USD", amount: 1 },
  };
  orderToken = ordered.buyer.token;
  customer = await signUp();
  // While an order waits for its payment, EraseOwnData does not do what it is called for.
  await orderAs(customer.token);
  keys = {
    viewer: await makeKey("ROLE_VIEWER"),
    editor: await makeKey("ROLE_EDITOR"),
    admin: await makeKey("ROLE_ADMIN"),
    areas: await makeKey("ROLE_EDITOR", ["catalog", "notify"]),
    viewerArea: await makeKey("ROLE_VIEWER", ["order"]),
    revoked: await makeKey("ROLE_ADMIN"),
    expired: await makeKey("ROLE_ADMIN"),
  };
  await shop.rest("POST", `/v1/apiKeys/${keys.revoked.id}:revoke`, { staff: shop.staff });
  await expire(keys.expired.id);
  grpc = createGrpcTransport({ address: shop.grpcAddress, services });
  connect = createConnectTransport({ baseUrl: shop.httpUrl, httpVersion: "1.1" });
});
afterAll(async () => {
  grpc?.[Symbol.dispose]();
  await shop?.[Symbol.asyncDispose]();
});

/** What methods for customers alone say themselves, of callers who got past the check. */
const ownRefusal = "ACCOUNT_REQUIRED";

/** Whether a caller gets past the access check. An empty request does little then but get refused for what it lacks. */
async function outcome(
  transport: Transport,
  method: DescMethod,
  headers: Record<string, string>,
  request: object = {},
): Promise<string> {
  type Call = (request: object, options: { headers: Record<string, string> }) => unknown;
  const client = createClient(method.parent, transport) as unknown as Record<string, Call>;
  try {
    const answer = client[method.localName]?.(request, { headers });
    if (method.methodKind === "server_streaming") {
      for await (const _ of answer as AsyncIterable<unknown>) break;
    } else {
      await answer;
    }
    return "passes";
  } catch (err) {
    const { code } = ConnectError.from(err);
    if (reasonOf(err) === ownRefusal) return "passes";
    if (code === Code.Unauthenticated) return `UNAUTHENTICATED ${reasonOf(err)}`;
    if (code === Code.PermissionDenied) return `PERMISSION_DENIED ${reasonOf(err)}`;
    // Not to be taken for an answer of the method.
    if (code === Code.Unavailable || code === Code.Unimplemented || code === Code.Unknown) throw err;
    return "passes";
  }
}

/** Each caller's outcome, by the caller's name. */
async function table<T>(work: (caller: Caller) => T | Promise<T>) {
  const rows = Object.entries(callers).map(async ([name, caller]) => [name, await work(caller)] as const);
  return Object.fromEntries(await Promise.all(rows));
}

const atGateway = ({ as, atGateway = as }: Caller): As => atGateway;

const byName = methods.map((method) => [nameOf(method), method] as const);

describe("over gRPC", () => {
  test.each(byName)("%s", async (_name, method) => {
    expect(await table(async ({ headers }) => outcome(grpc, method, await headers()))).toEqual(
      await table(({ as }) => wanted(method, as)),
    );
  });
});

describe("over Connect, at the gateway", () => {
  test.each(byName)("%s", async (_name, method) => {
    expect(await table(async ({ headers }) => outcome(connect, method, await headers()))).toEqual(
      await table((caller) => wanted(method, atGateway(caller))),
    );
  });
});

describe("over REST", () => {
  test.each(routes.map((route) => [`${route.httpMethod} ${route.template}`, route] as const))(
    "%s",
    async (_name, route) => {
      const empty = toHttp(route, {});
      const got = await table(async ({ headers }) => {
        const response = await fetch(shop.httpUrl + empty.path, {
          method: empty.method,
          headers: { ...(await headers()), "content-type": "application/json" },
          ...(empty.body !== undefined && { body: JSON.stringify(empty.body) }),
        });
        if (response.status !== 401 && response.status !== 403) {
          await response.body?.cancel();
          return "passes";
        }
        const body = (await response.json()) as { error: { status: string } };
        const reason = reasonIn({ status: response.status, headers: response.headers, body });
        return reason === ownRefusal ? "passes" : `${body.error.status} ${reason}`;
      });
      expect(got).toEqual(await table((caller) => wanted(route.method, atGateway(caller))));
    },
  );

  test("every RPC has a route, but those between services", () => {
    const open = methods.filter((method) => accessOf(method) !== Access.SERVICE);
    expect(new Set(routes.map((route) => nameOf(route.method)))).toEqual(new Set(open.map(nameOf)));
    expect(methods.filter((method) => accessOf(method) === Access.SERVICE).length).toBeGreaterThan(0);
  });

  test("a 401 says how to authenticate", async () => {
    const answer = await shop.rest("GET", "/v1/orders");
    expect([answer.status, answer.headers.get("www-authenticate")]).toEqual([401, 'Bearer realm="rowlock"']);
  });
});

describe("an owner's resource", () => {
  const owned = routes.filter(
    ({ method }) =>
      accessOf(method) === Access.CUSTOMER && ["cart_id", "order_id"].some((name) => hasField(method, name)),
  );
  const byRoute = owned.map((route) => [nameOf(route.method), route] as const);

  /** Everything that a stranger could have changed. */
  async function state(): Promise<unknown> {
    const read = (path: string) => shop.rest("GET", path, { staff: shop.staff });
    const [cart, order, events, stock] = await Promise.all([
      read(`/v1/carts/${buyer.cartId}`),
      read(`/v1/orders/${orderId}`),
      read(`/v1/orders/${orderId}/events`),
      read("/v1/stock/ACCESS"),
    ]);
    for (const answer of [cart, order, events, stock]) expect(answer.status).toBe(200);
    return [cart.body, order.body, events.body, stock.body];
  }

  test("there are such RPCs, and every CUSTOMER one is among them, or finds what is the caller's own", () => {
    const all = methods.filter((method) => accessOf(method) === Access.CUSTOMER).map(nameOf);
    const named = new Set(owned.map(({ method }) => nameOf(method)));
    expect(named.size).toBeGreaterThan(10);
    expect(all.filter((name) => !named.has(name))).toEqual([
      "rowlock.cart.v1.CartService/GetCurrentCart",
      "rowlock.order.v1.OrderService/ListOwnOrders",
      "rowlock.payment.v1.PaymentService/ListPaymentMethods",
      "rowlock.payment.v1.PaymentService/DeletePaymentMethod",
      "rowlock.shipping.v1.ShippingService/ValidateAddress",
      "rowlock.customer.v1.CustomerService/GetOwnProfile",
      "rowlock.customer.v1.CustomerService/UpdateOwnProfile",
      "rowlock.customer.v1.CustomerService/ListOwnAddresses",
      "rowlock.customer.v1.CustomerService/AddAddress",
      "rowlock.customer.v1.CustomerService/ReplaceAddress",
      "rowlock.customer.v1.CustomerService/RemoveAddress",
      "rowlock.customer.v1.CustomerService/ExportOwnData",
      "rowlock.customer.v1.CustomerService/EraseOwnData",
      "rowlock.legacy.pycom.v1.PycomService/MergeCart",
    ]);
  });

  test.each(byRoute)("%s is refused to a stranger, and changes nothing", async (_name, route) => {
    const before = await state();
    const request = sampleOf(route.method.input, { known });
    const { method, path, body } = toHttp(route, request);
    const anothers = hasField(route.method, "order_id") ? buyer.token : orderToken;
    const strangers: Headers[] = [
      { "rowlock-token": strangerToken },
      { "rowlock-token": anothers },
      bearer(customer.token),
    ];
    for (const headers of strangers) {
      const [token, staff] = [headers["rowlock-token"], headers["authorization"]?.slice(7)];
      const answer = await shop.rest(method, path, { token, staff, body });
      expect([answer.status, answer.body.error?.status, reasonIn(answer)]).toEqual([
        403,
        "PERMISSION_DENIED",
        "NOT_OWNER",
      ]);
      expect(await outcome(grpc, route.method, headers, fromJson(route.method.input, request))).toBe(
        "PERMISSION_DENIED NOT_OWNER",
      );
    }
    expect(await state()).toEqual(before);
  });

  test.each(byRoute)("%s needs more than an id", async (_name, route) => {
    const before = await state();
    const { method, path, body } = toHttp(route, sampleOf(route.method.input, { known }));
    const answer = await createRest(shop.httpUrl)(method, path, { body });
    expect([answer.status, reasonIn(answer)]).toEqual([401, "UNAUTHENTICATED"]);
    expect(await state()).toEqual(before);
  });

  // Last, since it changes them: shows that it was ownership that stood in the way, and not the requests.
  test.each(byRoute)("%s is open to the owner and to staff", async (_name, route) => {
    const { method, path, body } = toHttp(route, sampleOf(route.method.input, { known }));
    const token = hasField(route.method, "order_id") ? orderToken : buyer.token;
    for (const credential of [{ token }, { staff: shop.staff }]) {
      const answer = await shop.rest(method, path, { ...credential, body });
      expect([401, 403]).not.toContain(answer.status);
      expect(answer.status).toBeLessThan(500);
      expect(reasonIn(answer)).not.toBe("INVALID_ARGUMENT");
    }
  });
});

interface ApiKey {
  id: string;
  key: string;
}

async function makeKey(role: string, areas: string[] = []): Promise<ApiKey> {
  const answer = await shop.rest("POST", "/v1/apiKeys", {
    staff: shop.staff,
    body: { name: role, role, areas },
  });
  expect(answer.status).toBe(200);
  return answer.body;
}

/** Ends a key as time does: none can be made that has ended. */
async function expire(id: string): Promise<void> {
  const client = new pg.Client({ connectionString: shop.databaseUrl });
  await client.connect();
  await client.query("update auth.api_key set expire_time = now() - interval '1 second' where id = $1", [id]);
  await client.end();
}

async function signUp() {
  const visitor = newVisitor(shop.httpUrl);
  const body = { email: "customer@example.com", name: "Customer", password: "correct horse" };
  const { token } = (await visitor.send("POST", "/v1/auth/sign-up/email", { body })).body;
  const cookie = [...visitor.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
  return { token, cookie: { cookie, origin: shop.httpUrl } };
}

async function orderAs(session: string): Promise<void> {
  const must = async (method: string, path: string, body: object) => {
    const answer = await shop.rest(method, path, { staff: session, body });
    expect(answer.status).toBe(200);
    return answer.body;
  };
  const { id: cartId } = await must("POST", "/v1/carts", {});
  await must("POST", `/v1/carts/${cartId}/items`, { sku: "ACCESS", quantity: 1 });
  await must("PUT", `/v1/carts/${cartId}/delivery`, delivery);
  await must("POST", "/v1/orders", { cartId });
}

function hasField(method: DescMethod, name: string): boolean {
  return method.input.fields.some((field) => field.name === name);
}
