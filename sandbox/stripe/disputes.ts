import type { Call, Route, StripeContext } from "./context.ts";
import { decideDispute, isOpen, submitEvidence } from "./dispute.ts";
import { missingObject, refused, type StripeError } from "./errors.ts";
import { listPage } from "./listing.ts";
import {
  createdRange,
  flag,
  group,
  list,
  mergeMetadata,
  metadata,
  paging,
  readParams,
  text,
} from "./params.ts";
import type { DisputeRecord } from "./records.ts";
import { EVIDENCE, renderDispute } from "./render-dispute.ts";

/** All evidence is text: the sandbox has no files, and takes their ids as they come. */
const evidence = group(Object.fromEntries(EVIDENCE.map((name) => [name, text({ max: 20_000 })])));

export function disputeRoutes(ctx: StripeContext): Route[] {
  const { disputes } = ctx.records;
  const one = "/v1/disputes/:id";
  return [
    { method: "GET", path: "/v1/disputes", endpoint: listDisputes },
    { method: "GET", path: one, endpoint: retrieve },
    { method: "POST", path: one, endpoint: update },
    { method: "POST", path: `${one}/close`, endpoint: close },
  ];

  function listDisputes({ params }: Call) {
    const input = readParams({
      shape: { ...paging, charge: text(), payment_intent: text(), created: createdRange },
      values: params,
    });
    return () =>
      listPage({
        collection: disputes,
        kind: "dispute",
        url: "/v1/disputes",
        where: {
          ...(input.charge && { charge: input.charge }),
          ...(input.payment_intent && { intent: input.payment_intent }),
        },
        params: input,
        render: renderDispute,
      });
  }

  function retrieve({ params, path }: Call) {
    readParams({ shape: { expand: list(text()) }, values: params });
    return () => renderDispute(disputeOf(path));
  }

  function update({ params, path, cause }: Call) {
    const input = readParams({
      shape: { evidence, submit: flag, metadata, expand: list(text()) },
      values: params,
    });
    return () => {
      const found = disputeOf(path);
      if (!isOpen(found)) throw over(found);
      const dispute = disputes.put({
        ...found,
        evidence: { ...found.evidence, ...(input.evidence as Record<string, string> | undefined) },
        metadata: mergeMetadata(found.metadata, input.metadata ?? {}),
      });
      // Evidence is sent unless it is to be kept for later.
      const sent = input.evidence && input.submit !== false && submitEvidence(ctx, { dispute, cause });
      return renderDispute(sent || dispute);
    };
  }

  function close({ params, path, cause }: Call) {
    readParams({ shape: { expand: list(text()) }, values: params });
    return () => {
      const dispute = disputeOf(path);
      const lost = dispute.status === "needs_response" && decideDispute(ctx, { dispute, won: false, cause });
      if (!lost) throw over(dispute);
      return renderDispute(lost);
    };
  }

  function disputeOf(path: Record<string, string>): DisputeRecord {
    const id = path["id"] ?? "";
    const dispute = disputes.get(id);
    if (!dispute) throw missingObject({ kind: "dispute", id });
    return dispute;
  }
}

function over({ status }: DisputeRecord): StripeError {
  return refused({ message: `This dispute cannot be answered: its status is ${status}.` });
}
