import { expect, test } from "vitest";
import { waitFor } from "./wait-for.ts";

test("waitFor gives the first truthy value, passing over errors, and says why it gave up", async () => {
  let calls = 0;
  const value = await waitFor(() => {
    calls++;
    if (calls === 1) throw new Error("not yet");
    return calls === 3 ? "there" : undefined;
  });
  expect([value, calls]).toEqual(["there", 3]);
  const never = waitFor(() => Promise.reject(new Error("why")), { timeoutMs: 30, what: "the moon" });
  await expect(never).rejects.toMatchObject({
    message: "the moon did not come about within 30 ms",
    cause: expect.objectContaining({ message: "why" }),
  });
});
