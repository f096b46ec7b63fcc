/** How much is logged, from most to least. */
export const LogLevels = ["trace", "debug", "info", "warn", "error", "fatal", "silent"] as const;
export type LogLevelName = (typeof LogLevels)[number];
