import { Agent, type IncomingMessage, type OutgoingHttpHeaders, request } from "node:http";

/** Longer than anything here takes, even on a busy machine; only a failing test meets it. */
export const DEADLINE_MS = 15_000;

export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  /** As it came: compressed bodies stay compressed. */
  readonly bytes: Buffer;
  readonly text: string;
}

export interface Asked {
  readonly method?: string;
  readonly headers?: OutgoingHttpHeaders;
  readonly body?: string | Uint8Array;
  readonly agent?: Agent;
}

/** One HTTP request on a connection of its own, unless an agent says otherwise. */
export function ask(
  url: string,
  { method = "GET", headers, body, agent }: Asked = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const options = { method, headers, agent: agent ?? new Agent() };
    const sent = request(url, options, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () => {
        const bytes = Buffer.concat(chunks);
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          bytes,
          text: bytes.toString(),
        });
      });
    });
    sent.setTimeout(DEADLINE_MS, () => sent.destroy(new Error(`no answer to ${method} ${url}`)));
    sent.on("error", reject);
    sent.end(body);
  });
}

/** Fails after the deadline, and says what was waited for. */
export function within<Value>(promise: Promise<Value>, what: string): Promise<Value> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`waited in vain for ${what}`)), DEADLINE_MS);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
