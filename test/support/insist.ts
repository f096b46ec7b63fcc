import { setTimeout as delay } from "node:timers/promises";
import { type Answer, type Rest, reasonIn } from "./rest.ts";

/** The shop is away, or another call is at it: the caller asks again. */
const patience = { tries: 100, pauseMs: 100 };

/** A request that the shop would not do. */
export class Refused extends Error {
  readonly answer: Answer;

  constructor(path: string, answer: Answer) {
    super(`${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    this.answer = answer;
  }
}

/**
 * Posts until it is done, each time the same, under the same key.
 * @throws Refused, with the last answer
 */
export async function insist(rest: Rest, path: string, call: Parameters<Rest>[2]): Promise<Answer["body"]> {
  for (let tried = 1; ; tried++) {
    const answer = await rest("POST", path, call);
    if (answer.status === 200) return answer.body;
    const passing = [429, 503, 504].includes(answer.status) || reasonIn(answer)?.endsWith("_IN_PROGRESS");
    if (!passing || tried === patience.tries) throw new Refused(path, answer);
    await delay(patience.pauseMs);
  }
}
