import type { Sender } from "../webhooks/deliveries.ts";
import type { Tell } from "../webhooks/targets.ts";
import type { ShippoRecords, TransactionRecord } from "./records.ts";
import { renderTrack, renderTransaction } from "./render.ts";

/** What has changed of a label, in Shippo's names. */
export type ShippoEvent = "transaction_created" | "transaction_updated" | "track_updated";

/** Tells of a label as it is now: the webhook keeps its content, whatever becomes of the label. */
export function tellOfLabel(
  tell: Tell,
  {
    type,
    transaction,
    queued = false,
  }: { type: ShippoEvent; transaction: TransactionRecord; queued?: boolean },
): void {
  tell({ vendor: "shippo", subject: transaction.id, type, detail: JSON.stringify({ transaction, queued }) });
}

/** Bodies of Shippo's webhooks (docs.goshippo.com/docs/tracking/webhooks). Shippo does not sign: the URL has a token. */
export function shippoSender({
  records,
  labelUrl,
}: {
  records: ShippoRecords;
  labelUrl: (transaction: string) => string;
}): Sender {
  return ({ type, detail }) => {
    const { transaction, queued } = JSON.parse(detail ?? "{}") as {
      transaction: TransactionRecord;
      queued: boolean;
    };
    const shipment = records.shipments.get(transaction.shipment);
    if (!shipment) return undefined;
    const data =
      type === "track_updated"
        ? renderTrack({ transaction, shipment })
        : renderTransaction({ transaction, shipment, labelUrl: labelUrl(transaction.id) }, { queued });
    return {
      body: JSON.stringify({ event: type, test: true, data }),
      headers: { "content-type": "application/json", "user-agent": "Shippo/1.0" },
    };
  };
}
