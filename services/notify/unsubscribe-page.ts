import type { MessageInitShape } from "@bufbuild/protobuf";
import type { HttpBodySchema } from "../../gen/google/api/httpbody_pb.js";
import { type Html, html } from "./templates/html.ts";
import { layout, style } from "./templates/layout.ts";

/** What the pages need of a browser: the styles in them, and that the button leads to where the page came from. */
export const pagePolicy =
  "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/** The page that a notice's link leads to: it asks first. */
export function askingPage(shopName: string): MessageInitShape<typeof HttpBodySchema> {
  // Without an address of its own the form goes to where the page came from.
  const button = html`<form method="post"><input type="hidden" name="List-Unsubscribe" value="One-Click">
<button style="padding:12px 26px;border:0;border-radius:6px;background-color:#0b69a3;${style.text};color:#ffffff">Stop these notices</button></form>`;
  return page(shopName, {
    title: "No more notices of stock?",
    lead: "We will not tell you any more that something is back. You will still hear of your orders.",
    more: [button],
  });
}

/** What its button leads to. */
export function stoppedPage(shopName: string): MessageInitShape<typeof HttpBodySchema> {
  return page(shopName, {
    title: "You get no more notices of stock",
    lead: "You will still hear of your orders.",
    more: [],
  });
}

function page(
  shopName: string,
  { title, lead, more }: { title: string; lead: string; more: readonly Html[] },
): MessageInitShape<typeof HttpBodySchema> {
  const words = html`<h1 style="margin:18px 0 10px;${style.title}">${title}</h1>
<p style="margin:0;${style.text}">${lead}</p>`;
  const markup = layout({
    shopName,
    subject: title,
    preview: "",
    footer: shopName,
    sections: [words, ...more],
  });
  return { contentType: "text/html; charset=utf-8", data: Buffer.from(markup) };
}
