import type { MethodImpl } from "@connectrpc/connect";
import type { NotifyService } from "../../../gen/rowlock/notify/v1/notify_pb.js";
import { fail } from "../reasons.ts";
import type { NotifyDeps } from "../service.ts";
import { findOverride } from "../store-template.ts";
import { templateKey, toTemplate } from "../template.ts";

/** Returns the templates of an event in a language. Errors: TEMPLATE_NOT_FOUND, LANGUAGE_INVALID. */
export function getTemplate({ db }: NotifyDeps): MethodImpl<typeof NotifyService.method.getTemplate> {
  return async (request) => {
    const key = templateKey(request);
    const template = toTemplate(key, await findOverride(db, key));
    if (template === undefined) throw fail("TEMPLATE_NOT_FOUND", { ...key });
    return template;
  };
}
