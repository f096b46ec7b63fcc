/** Where a process is to die: before or after a step. */
export interface Point {
  when: "before" | "after";
  step: string;
}

/** What a test tells the process: where to die, and whether to tell of each step. Steps are counted from then on. */
export interface Order {
  point?: Point;
  tell: boolean;
}

/** What the process answers. */
export type StepMessage = { ready: true } | { step: string };
