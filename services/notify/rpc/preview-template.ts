import type { MethodImpl } from "@connectrpc/connect";
import type { NotifyService } from "../../../gen/rowlock/notify/v1/notify_pb.js";
import type { NotifyDeps } from "../service.ts";
import { findOverride } from "../store-template.ts";
import { checkedParts, givenParts, mannerOf, templateKey } from "../template.ts";
import { render } from "../templates/render.ts";
import { sampleOf } from "../templates/samples.ts";

/** Shows what a message will look like. Errors: TEMPLATE_NOT_FOUND, LANGUAGE_INVALID, TEMPLATE_INVALID. */
export function previewTemplate(deps: NotifyDeps): MethodImpl<typeof NotifyService.method.previewTemplate> {
  return async (request) => {
    const key = templateKey(request);
    const given = givenParts(request.override ?? (await findOverride(deps.db, key)));
    return render(checkedParts(deps, key, given), sampleOf(key.event, mannerOf(deps, key)));
  };
}
