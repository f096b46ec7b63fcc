import type { MethodImpl } from "@connectrpc/connect";
import type { NotifyService } from "../../../gen/rowlock/notify/v1/notify_pb.js";
import type { NotifyDeps } from "../service.ts";
import { settingOf } from "../setting.ts";
import { findSettings } from "../store-setting.ts";
import { templateEvents } from "../templates/events.ts";

/** Says how each event is told. */
export function getMessageSettings({
  db,
}: NotifyDeps): MethodImpl<typeof NotifyService.method.getMessageSettings> {
  return async () => {
    const said = await findSettings(db);
    return { settings: templateEvents.toSorted().map((event) => settingOf(said, event)) };
  };
}
