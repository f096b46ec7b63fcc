import { Agent as HttpAgent, request as httpRequest } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";

/** `status` is 0 when no answer came; `answer` is then the reason, otherwise the beginning of the body. */
export interface PostResult {
  status: number;
  answer: string;
}

interface Message {
  url: string;
  headers: Record<string, string>;
  body: string;
}

export interface Poster {
  post(message: Message): Promise<PostResult>;
  /** Ends what is under way; it counts as not answered. */
  [Symbol.dispose](): void;
}

const ANSWER_LENGTH = 500;

/** Posts over kept connections. Never throws. An answer that takes longer than `timeoutMs` counts as none. */
export function createPoster({ timeoutMs, sockets }: { timeoutMs: number; sockets: number }): Poster {
  const http = new HttpAgent({ keepAlive: true, maxSockets: sockets });
  const https = new HttpsAgent({ keepAlive: true, maxSockets: sockets });
  let closed = false;
  return {
    post: (message) => attempt(message, false),
    [Symbol.dispose]() {
      closed = true;
      http.destroy();
      https.destroy();
    },
  };

  function attempt(message: Message, again: boolean): Promise<PostResult> {
    const { url, headers, body } = message;
    return new Promise((resolve) => {
      const secure = url.startsWith("https:");
      const bytes = Buffer.from(body);
      let timer: NodeJS.Timeout | undefined;
      const finish = (result: PostResult | Promise<PostResult>) => {
        clearTimeout(timer);
        resolve(result);
      };
      const fail = (err: Error) => finish({ status: 0, answer: err.message });
      const options = {
        method: "POST",
        headers: { ...headers, "content-length": bytes.length },
      };
      try {
        const req = secure
          ? httpsRequest(url, { ...options, agent: https })
          : httpRequest(url, { ...options, agent: http });
        timer = setTimeout(() => req.destroy(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
        req.on("error", (err: NodeJS.ErrnoException) => {
          // The receiver closed a kept connection just as it was taken: that says nothing about the message.
          if (req.reusedSocket && err.code === "ECONNRESET" && !again && !closed)
            finish(attempt(message, true));
          else fail(err);
        });
        req.on("response", (res) => {
          let answer = "";
          res.setEncoding("utf8");
          res.on("data", (text: string) => {
            if (answer.length < ANSWER_LENGTH) answer = (answer + text).slice(0, ANSWER_LENGTH);
          });
          res.on("error", fail);
          res.on("end", () => finish({ status: res.statusCode ?? 0, answer }));
        });
        req.end(bytes);
      } catch (err) {
        fail(err as Error);
      }
    });
  }
}
