export type { ChangeFeed, SharedChangeFeed, Subscriber } from "./change-feed.ts";
export { createChangeFeed, LocalFeed } from "./change-feed.ts";
export { changed, telling } from "./telling.ts";
export type { Watch, WatchOptions, WatchSettings } from "./watch.ts";
export { createWatch } from "./watch.ts";
