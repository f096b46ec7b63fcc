/** The time at which everything in the examples happened. */
export const sampleTime = "2026-03-14T09:26:53Z";
