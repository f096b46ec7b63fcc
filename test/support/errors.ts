import { expect } from "vitest";
import type { Answer } from "./rest.ts";

/** The answer is a refusal in the one shape of errors: 4xx, a code's name, words, and exactly one ErrorInfo. */
export function expectTypedRefusal(answer: Answer): void {
  expect(answer.status).toBeGreaterThanOrEqual(400);
  expect(answer.status).toBeLessThan(500);
  expect(answer.headers.get("content-type")).toBe("application/json");
  expect(Object.keys(answer.body)).toEqual(["error"]);
  const { error } = answer.body;
  expect(error).toEqual({
    code: answer.status,
    status: expect.stringMatching(/^[A-Z]+(?:_[A-Z]+)*$/),
    message: expect.stringMatching(/\S/),
    details: expect.any(Array),
  });
  const infos = error.details.filter((detail: { "@type": string }) =>
    detail["@type"].endsWith("/google.rpc.ErrorInfo"),
  );
  expect(infos).toEqual([
    expect.objectContaining({ reason: expect.stringMatching(/^[A-Z][A-Z_]+$/), domain: "rowlock.dev" }),
  ]);
}
