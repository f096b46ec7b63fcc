export { defaultForwardHeaders, type Timeouts } from "./headers.ts";
export type { AnsweredError, HttpConfig, PendingCall, TranscoderOptions } from "./options.ts";
export { describeRoutes, type RouteDescription } from "./routes.ts";
export { RuleError } from "./rules.ts";
export { createTranscoder } from "./transcoder.ts";
