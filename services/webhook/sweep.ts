import { keptMs } from "./delivery.ts";
import type { WebhookParts } from "./service.ts";
import { listSecrets, storeResealed } from "./store-endpoint.ts";
import { deleteOldEvents } from "./store-event.ts";

/** Events that one sweep deletes at most. */
const sweepLimit = 1_000;

/**
 * Deletes what has been kept long enough, and seals secrets with the present service key that were sealed with one
 * that is to be given up. Returns how many there were.
 */
export async function sweepWebhooks({ db, clock, box, log }: WebhookParts): Promise<number> {
  const before = new Date(clock().getTime() - keptMs);
  let count = await deleteOldEvents(db, { before, limit: sweepLimit });
  for (const secrets of await listSecrets(db)) {
    const { id, secret, previousSecret } = secrets;
    try {
      const resealed = box.reseal(id, secret);
      const previous = previousSecret === null ? undefined : box.reseal(id, previousSecret);
      if (resealed === undefined && previous === undefined) continue;
      const after = { secret: resealed ?? secret, previousSecret: previous ?? previousSecret };
      if (await storeResealed(db, { before: secrets, ...after })) count += 1;
    } catch (err) {
      log.error(
        { err, endpoint_id: id },
        "a webhook secret cannot be read: give back the service key, or rotate it",
      );
    }
  }
  return count;
}
