import {
  type DescField,
  type DescMessage,
  type DescOneof,
  type JsonValue,
  ScalarType,
} from "@bufbuild/protobuf";
import type { RouteDescription } from "../../gateway/transcoder/index.ts";

/** A JSON object. */
export type Json = Record<string, JsonValue>;

/** What stands in fields whose rules want more than any text or number; by full name, else by name. */
const values: Record<string, JsonValue> = {
  "rowlock.cart.v1.CreateCartRequest.channel": "",
  "rowlock.cart.v1.CreateCartRequest.guest_id": "",
  "rowlock.auth.v1.CreateApiKeyRequest.areas": ["catalog"],
  "rowlock.legacy.cart_orchestrator.v1.Cart.payment_method": "BCA_VA",
  "rowlock.legacy.cart_orchestrator.v1.PlaceOrderRequest.action": "CHECKOUT",
  "rowlock.legacy.micro_services.v1.Address.country": "US",
  "rowlock.legacy.micro_services.v1.Address.state": "OR",
  "rowlock.legacy.micro_services.v1.CreateProductRequest.attributes": ["key"],
  "rowlock.legacy.micro_services.v1.Inventory.type": "finite",
  "rowlock.legacy.micro_services.v1.ListProductsRequest.order_by": "name",
  "rowlock.legacy.micro_services.v1.ListRatesRequest.currency": "usd",
  "rowlock.legacy.micro_services.v1.PayRequest.cart": "tok_visa",
  "rowlock.legacy.micro_services.v1.SendEmailRequest.from_email": "shop@example.com",
  "rowlock.legacy.micro_services.v1.SendEmailRequest.to_email": "ada@example.com",
  "rowlock.legacy.pycom.v1.UpdateCartRequest.v": 1,
  "rowlock.inventory.v1.TransferStockRequest.to_location_id": "east",
  "rowlock.notify.v1.SendSmsRequest.to": "+14155550123",
  "rowlock.notify.v1.DeleteTemplateRequest.event": "order.fulfilled",
  "rowlock.notify.v1.GetTemplateRequest.event": "order.fulfilled",
  "rowlock.notify.v1.PreviewTemplateRequest.event": "order.fulfilled",
  "rowlock.notify.v1.PreviewTemplateRequest.order_id": "",
  "rowlock.notify.v1.UpdateMessageSettingRequest.email": false,
  "rowlock.notify.v1.UpdateMessageSettingRequest.event": "order.placed",
  "rowlock.notify.v1.UpdateTemplateRequest.event": "order.fulfilled",
  "rowlock.promotion.v1.CreateCouponsRequest.count": 0,
  "rowlock.promotion.v1.CreateCouponsRequest.prefix": "",
  "rowlock.catalog.v1.Variant.option_values": { Size: "one" },
  "rowlock.catalog.v1.ProductOption.name": "Size",
  "rowlock.type.v1.Address.state": "OR",
  "rowlock.catalog.v1.ProductOption.values": ["one"],
  "rowlock.webhook.v1.Endpoint.event_types": ["order.paid"],
  "rowlock.webhook.v1.Endpoint.url": "http://127.0.0.1:9/hooks",
  "rowlock.webhook.v1.Event.data": "{}",
  "rowlock.webhook.v1.Event.type": "order.paid",
  "rowlock.webhook.v1.UpdateEndpointRequest.update_mask": "description",
  bank: "BCA_VA",
  category_ids: [],
  country_code: "US",
  create_time: "2026-01-31T12:00:00Z",
  currency_code: "USD",
  disable_time: "2026-01-31T12:00:00Z",
  email: "ada@example.com",
  end_time: "2036-01-31T12:00:00Z",
  event_time: "2026-01-31T12:00:00Z",
  expire_time: "2099-01-31T12:00:00Z",
  from: "shop@example.com",
  image_urls: ["https://example.com/a.png"],
  language: "en",
  location_id: "main",
  origin_country_code: "US",
  page_token: "",
  parent_id: "",
  payment_method: "pm_card_visa",
  phone: "+14155550123",
  redeem_time: "2026-01-31T12:00:00Z",
  saved_payment_method_id: "",
  since: "2026-01-31T12:00:00Z",
  start_time: "2026-01-31T12:00:00Z",
  state: 0,
  tariff_number: "691200",
  to: "ada@example.com",
  tracking_url: "https://example.com/track/1",
  ttl: "60s",
  update_mask: "title",
  update_time: "2026-01-31T12:00:00Z",
};

/**
 * A request, as JSON, in which every field is filled and which keeps the rules of its contract. `known` gives fields
 * by their proto name, at any depth; `oneof` says which member of each oneof is chosen, by its number modulo theirs.
 */
export function sampleOf(
  desc: DescMessage,
  { known = {}, oneof = 0 }: { known?: Json; oneof?: number } = {},
): Json {
  const chosen = (group: DescOneof) => group.fields[oneof % group.fields.length];
  const fields = desc.fields.filter((field) => field.oneof === undefined || chosen(field.oneof) === field);
  return Object.fromEntries(
    fields.map((field) => {
      const full = `${desc.typeName}.${field.name}`;
      const given = known[full] ?? known[field.name] ?? values[full] ?? values[field.name];
      return [field.jsonName, given ?? filled(field, known, oneof)];
    }),
  );
}

function filled(field: DescField, known: Json, oneof: number): JsonValue {
  const single = (): JsonValue => {
    // Takes any JSON, so also what would go on for ever.
    if (field.message?.typeName === "google.protobuf.Value") return "sample";
    if (field.message !== undefined) return sampleOf(field.message, { known, oneof });
    if (field.enum !== undefined) return field.enum.values.at(-1)?.number ?? 0;
    switch (field.scalar) {
      case ScalarType.STRING:
        return "sample";
      case ScalarType.BOOL:
        return false;
      default:
        return 1;
    }
  };
  switch (field.fieldKind) {
    case "list":
      return [single()];
    case "map":
      return { key: single() };
    default:
      return single();
  }
}

/** A text within a JSON request: where it stands, and whether it is a map's key. */
export interface TextPlace {
  path: readonly (string | number)[];
  isKey: boolean;
}

/** Where there is text in a request that `sampleOf` made. */
export function textPlaces(desc: DescMessage, json: Json): TextPlace[] {
  return desc.fields.flatMap((field) => {
    const value = json[field.jsonName];
    const isText = field.scalar === ScalarType.STRING;
    const inside = (each: JsonValue | undefined, path: (string | number)[]): TextPlace[] => {
      if (isText) return [{ path, isKey: false }];
      if (field.message === undefined || typeof each !== "object") return [];
      return textPlaces(field.message, each as Json).map((place) => ({
        ...place,
        path: [...path, ...place.path],
      }));
    };
    if (value === undefined) return [];
    if (field.fieldKind === "list") {
      return (value as JsonValue[]).flatMap((each, i) => inside(each, [field.jsonName, i]));
    }
    if (field.fieldKind === "map") {
      return Object.entries(value as Json).flatMap(([key, each]) => [
        { path: [field.jsonName, key], isKey: true },
        ...inside(each, [field.jsonName, key]),
      ]);
    }
    return inside(value, [field.jsonName]);
  });
}

/** The request with another text in one place. */
export function withText<J extends JsonValue>(
  json: J,
  { path: [first, ...rest], isKey }: TextPlace,
  text: string,
): J {
  const copy = structuredClone(json) as Json;
  const at = String(first);
  if (rest.length > 0) {
    copy[at] = withText(copy[at] as JsonValue, { path: rest, isKey }, text);
  } else if (isKey) {
    copy[text] = copy[at] as JsonValue;
    delete copy[at];
  } else {
    copy[at] = text;
  }
  return copy as J;
}

/** A request as it is sent: the route's variables in the path, its body, and all else as parameters. */
export function toHttp(route: RouteDescription, json: Json): { method: string; path: string; body?: Json } {
  const rest = structuredClone(json);
  const jsonNameOf = (desc: DescMessage | undefined, name: string) =>
    desc?.fields.find((field) => field.name === name)?.jsonName ?? name;
  const path = route.template.replace(/\{([\w.]+)[^}]*\}/g, (_, variable: string) => {
    let within: DescMessage | undefined = route.method.input;
    const names = variable.split(".").map((name) => {
      const json = jsonNameOf(within, name);
      within = within?.fields.find((field) => field.name === name)?.message;
      return json;
    });
    const last = names.pop() ?? "";
    const holder = names.reduce<Json | undefined>((at, name) => at?.[name] as Json | undefined, rest);
    const value = holder?.[last];
    if (typeof holder === "object") delete holder?.[last];
    return percentEncode(value === undefined ? "none" : plain(value));
  });
  if (route.body === "*") return { method: route.httpMethod, path, body: rest };
  const name = jsonNameOf(route.method.input, route.body);
  const body = rest[name] as Json | undefined;
  delete rest[name];
  const query = parameters(rest).map(([key, value]) => `${key}=${percentEncode(plain(value))}`);
  return {
    method: route.httpMethod,
    path: query.length === 0 ? path : `${path}?${query.join("&")}`,
    ...(route.body !== "" && { body: body ?? {} }),
  };
}

function plain(value: JsonValue): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** As encodeURIComponent, but half a surrogate pair is sent as the three bytes it would have. */
function percentEncode(text: string): string {
  return text.isWellFormed()
    ? encodeURIComponent(text)
    : Array.from(text, (unit) => (unit.isWellFormed() ? encodeURIComponent(unit) : "%ED%A0%80")).join("");
}

function parameters(json: Json, prefix = ""): [string, JsonValue][] {
  return Object.entries(json).flatMap(([name, value]) => {
    const key = prefix + encodeURIComponent(name);
    if (Array.isArray(value)) return value.map((each): [string, JsonValue] => [key, each]);
    return typeof value === "object" && value !== null
      ? parameters(value as Json, `${key}.`)
      : [[key, value]];
  });
}
