import type { MethodImpl } from "@connectrpc/connect";
import type { NotifyService } from "../../../gen/rowlock/notify/v1/notify_pb.js";
import { decodePageToken, pageSizeOf, paginate } from "../../../lib/paging/paging.ts";
import type { NotifyDeps } from "../service.ts";
import { findOverrides } from "../store-template.ts";
import { toTemplate } from "../template.ts";
import { defaultLanguages } from "../templates/defaults.ts";
import { templateEvents } from "../templates/events.ts";
import { languageTag } from "../templates/language.ts";

/** Lists the templates by event and language. Errors: PAGE_TOKEN_INVALID. */
export function listTemplates({ db }: NotifyDeps): MethodImpl<typeof NotifyService.method.listTemplates> {
  return async (req) => {
    const pageSize = pageSizeOf(req.pageSize);
    const filter = ["templates", req.language];
    const cursor = decodePageToken({ token: req.pageToken, filter, like: ["text", "text"] });
    const wanted = languageTag(req.language) ?? req.language;
    const overrides = await findOverrides(db);
    // As many as there are events and languages: few enough to be put in order here.
    const rows = templateEvents
      .toSorted()
      .flatMap((event) => {
        const own = overrides.filter((each) => each.event === event);
        const languages = new Set([...defaultLanguages, ...own.map(({ language }) => language)]);
        return [...languages].toSorted().map((language) => ({
          key: { event, language },
          override: own.find((each) => each.language === language),
        }));
      })
      .filter(({ key }) => wanted === "" || key.language === wanted)
      .filter(({ key: { event, language } }) => {
        const [afterEvent = "", afterLanguage = ""] = cursor ?? [];
        return event > afterEvent || (event === afterEvent && language > afterLanguage);
      });
    const { page, nextPageToken } = paginate({
      rows: rows.slice(0, pageSize + 1),
      pageSize,
      filter,
      cursorOf: ({ key: { event, language } }) => [event, language],
    });
    const templates = page.map(({ key, override }) => ({ ...toTemplate(key, override), parts: undefined }));
    return { templates, nextPageToken };
  };
}
