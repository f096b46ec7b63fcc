import type { MessageShape } from "@bufbuild/protobuf";
import type { HandlerContext, MethodImpl } from "@connectrpc/connect";
import {
  type CreateReturnRequestSchema,
  ShippingService,
} from "../../../gen/rowlock/shipping/v1/shipping_pb.js";
import { invalidArgument } from "../../../lib/errors/reasons.ts";
import { keyedCall } from "../../../lib/idempotency/idempotency.ts";
import { keyed } from "../../../lib/idempotency/keyed.ts";
import { newId } from "../../../lib/ids/ids.ts";
import { boxFor } from "../box.ts";
import { toMessage } from "../convert.ts";
import { obtainLabel } from "../obtain-label.ts";
import { rateReturn } from "../rate-return.ts";
import { rateOf } from "../rates.ts";
import { fail } from "../reasons.ts";
import type { ShippingDeps } from "../service.ts";
import { type Box, newShipment, type Shipment } from "../shipment.ts";
import { findShipment } from "../store.ts";
import { findReturn, insertReturn, renewRates } from "../store-return.ts";

type Request = MessageShape<typeof CreateReturnRequestSchema>;

/**
 * Buys the label with which goods come back; the one that is there is returned. Of any number of calls one makes the
 * return, by its unique key, and one buys its label, as every label is bought.
 * Errors: SHIPMENT_NOT_FOUND, SHIPMENT_NOT_SENT, ADDRESS_REFUSED, CUSTOMS_DATA_MISSING, LABEL_REFUSED,
 * LABEL_IN_PROGRESS, REQUEST_ID_REUSED, PROVIDER_UNAVAILABLE.
 */
export function createReturn(deps: ShippingDeps): MethodImpl<typeof ShippingService.method.createReturn> {
  const { db, clock } = deps;
  const method = ShippingService.method.createReturn;
  return (request, ctx) => {
    const call = { db, clock, ...keyedCall(method, request, ctx) };
    return keyed(call, async () => toMessage(await comeBack(deps, request, ctx)));
  };
}

async function comeBack(deps: ShippingDeps, request: Request, ctx: HandlerContext): Promise<Shipment> {
  const { db } = deps;
  const shipment_id = request.shipmentId;
  const sent = await findShipment(db, request.shipmentId);
  if (sent === undefined) throw fail("SHIPMENT_NOT_FOUND", { shipment_id });
  if (sent.state !== "LABELED" || sent.returnOf !== "") throw fail("SHIPMENT_NOT_SENT", { shipment_id });
  const back = await prepared(deps, sent, request);
  if (back.state === "LABELED") return back;
  // While another call buys, its rate counts.
  const rateId = back.rates[0]?.id ?? "";
  return obtainLabel(deps, { shipmentId: back.id, rateId }, ctx);
}

/** The return, with rates that can be bought. */
async function prepared(deps: ShippingDeps, sent: Shipment, request: Request): Promise<Shipment> {
  const { db, clock } = deps;
  const known = await findReturn(db, sent.id);
  if (known !== undefined && known.state !== "RATED") return known;
  const { orderId, fingerprint, address, contact, items, currencyCode, goodsTotal } = sent;
  const id = known?.id ?? newId("shp");
  const carrier = rateOf(sent, sent.rateId)?.carrier ?? "";
  const rated = await rateReturn(deps, { ...sent, id, carrier, parcel: parcelOf(request, sent) });
  const now = clock();
  if (known === undefined) {
    const content = { id, orderId, fingerprint, address, contact, items, currencyCode, goodsTotal, ...rated };
    await insertReturn(db, { ...newShipment({ ...content, now }), returnOf: sent.id });
  } else {
    await renewRates(db, { id, ...rated, now });
  }
  const back = await findReturn(db, sent.id);
  if (back === undefined) throw new Error(`the return of shipment ${sent.id} vanished`);
  return back;
}

function parcelOf({ parcel }: Request, { items }: Shipment): Box {
  if (parcel !== undefined) {
    const { lengthMm, widthMm, heightMm, weightG } = parcel;
    return { lengthMm, widthMm, heightMm, weightG };
  }
  if (items.length > 0) return boxFor(items);
  throw invalidArgument([
    { field: "parcel", description: "value is required: it is not known what was sent" },
  ]);
}
