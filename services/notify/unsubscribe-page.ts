import type { MessageInitShape } from "@bufbuild/protobuf";
import type { HttpBodySchema } from "../../gen/google/api/httpbody_pb.js";
import { languageFor, mannerOf } from "./compose.ts";
import type { NotifyDeps } from "./service.ts";
import { unsubscribeTemplate } from "./templates/defaults.ts";
import { markup, renderWith } from "./templates/liquid.ts";

/** What the pages need of a browser: the styles in them, and that the button leads to where the page came from. */
export const pagePolicy =
  "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/**
 * The page that a notice's link leads to, which asks first, or what its button leads to, in the nearest to the reader's
 * language that there is. Without an address of its own the button's form goes to where the page came from.
 */
export function unsubscribePage(
  deps: NotifyDeps,
  { language, asking }: { language: string; asking: boolean },
): MessageInitShape<typeof HttpBodySchema> {
  const { title, html } = unsubscribeTemplate(languageFor(deps, language), asking ? "asking" : "stopped");
  const { shopName } = mannerOf(deps, language);
  const page = renderWith(markup, html, { shop: { name: shopName }, subject: title, asking });
  return { contentType: "text/html; charset=utf-8", data: Buffer.from(page) };
}
