import type { DescService } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import { fail as auth } from "../../gateway/auth/reasons.ts";
import { createOpenApi, type OpenApiDocument, type ReasonCatalogue } from "../../gateway/openapi/index.ts";
import { fail as transcoder } from "../../gateway/transcoder/reasons.ts";
import comments from "../../gen/comments.json" with { type: "json" };
import { failLegacy } from "../../legacy/reasons.ts";
import { fail as overload } from "../../lib/batch.ts";
import { fail as idempotency } from "../../lib/idempotency/idempotency.ts";
import { fail as paging } from "../../lib/paging/paging.ts";
import { failRpc } from "../../lib/rpc/reasons.ts";
import { failWebhook } from "../../lib/webhooks/reasons.ts";
import packageJson from "../../package.json" with { type: "json" };
import { fail as cart } from "../../services/cart/reasons.ts";
import { fail as catalog } from "../../services/catalog/reasons.ts";
import { fail as customer } from "../../services/customer/reasons.ts";
import { fail as inventory } from "../../services/inventory/reasons.ts";
import { fail as notify } from "../../services/notify/reasons.ts";
import { fail as order } from "../../services/order/reasons.ts";
import { fail as payment } from "../../services/payment/reasons.ts";
import { fail as promotion } from "../../services/promotion/reasons.ts";
import { fail as shipping } from "../../services/shipping/reasons.ts";
import { fail as tax } from "../../services/tax/reasons.ts";
import { fail as webhook } from "../../services/webhook/reasons.ts";
import { facades } from "./legacy.ts";
import { contracts } from "./network.ts";

/** What callers can be refused with, and how each refusal reads. */
export const reasons: ReasonCatalogue = {
  common: {
    INVALID_ARGUMENT: { code: Code.InvalidArgument, message: "{field}: {description}" },
    ...failRpc.reasons,
    ...paging.reasons,
    ...idempotency.reasons,
    ...overload.reasons,
    ...failWebhook.reasons,
    ...transcoder.reasons,
  },
  services: {
    [contracts.cart.typeName]: cart.reasons,
    [contracts.catalog.typeName]: catalog.reasons,
    [contracts.customer.typeName]: customer.reasons,
    [contracts.inventory.typeName]: inventory.reasons,
    [contracts.gateway.typeName]: auth.reasons,
    [contracts.notify.typeName]: notify.reasons,
    // Placing an order passes on what the cart and the stock say.
    [contracts.order.typeName]: {
      ...cart.reasons,
      ...inventory.reasons,
      ...shipping.reasons,
      ...order.reasons,
    },
    [contracts.payment.typeName]: payment.reasons,
    [contracts.promotion.typeName]: promotion.reasons,
    [contracts.shipping.typeName]: shipping.reasons,
    [contracts.webhook.typeName]: webhook.reasons,
    [contracts.tax.typeName]: tax.reasons,
    // The older shops' APIs pass on what the services say.
    ...Object.fromEntries(
      facades.map(({ desc, reasons }) => [
        desc.typeName,
        {
          ...catalog.reasons,
          ...notify.reasons,
          ...shipping.reasons,
          ...payment.reasons,
          ...promotion.reasons,
          ...cart.reasons,
          ...inventory.reasons,
          ...order.reasons,
          ...failLegacy.reasons,
          ...reasons,
        },
      ]),
    ),
  },
};

/** What gateway/auth keeps a session in; behind https its name has the prefix `__Secure-`. */
const sessionCookie = "rowlock.session_token";

const description = `
JSON over HTTP for a shop: the catalog, stock, promotions, taxes, carts, orders, customers, payments, parcels, messages
and webhooks.

- **Who calls.** Staff and machines send an API key (\`Authorization: Bearer …\` or \`x-api-key\`). A buyer
  without an account sends the \`token\` of the cart as \`rowlock-token\`. Customers sign up and in with
  \`POST /v1/auth/sign-up/email\` and \`/v1/auth/sign-in/email\`: browsers get a cookie, apps take the header
  \`set-auth-token\` and send it as \`Authorization: Bearer …\`.
- **Repeating a call.** Calls that change something take an \`Idempotency-Key\`: with the same key the effect
  happens once, and every repetition gets an answer.
- **Errors** are \`{"error": {code, status, message, details}}\`; programs look at the \`reason\` in the details.
- **Money** is in minor units: \`{"currencyCode": "USD", "amount": 1999}\` is 19.99 USD. 64-bit integers are
  numbers while JavaScript reads them exactly, and strings beyond; both are taken.
- **Pages.** Lists take \`pageSize\` and \`pageToken\`, and answer \`nextPageToken\`, empty on the last page.
- **Watching.** Streams are server-sent events, lines of JSON or a JSON array, by \`Accept\`.
`.trim();

/** The OpenAPI document of the REST API. */
export function apiDocument({
  services = [...Object.values(contracts), ...facades.map(({ desc }) => desc)],
  servers = [{ url: "/", description: "This shop" }],
}: {
  services?: readonly DescService[];
  servers?: readonly { url: string; description?: string }[];
} = {}): OpenApiDocument {
  const info = { title: "Rowlock", version: packageJson.version, description };
  return createOpenApi({ services, comments, info, servers, reasons, sessionCookie });
}
