import type { IncomingMessage, ServerResponse } from "node:http";

/** What the option `health` takes. */
export interface HealthOptions {
  /** Whether the process is alive: 200 as long as it answers. Default "/healthz". */
  readonly livePath?: string | undefined;
  /** Whether clients should be sent here: 200, or 503 with the reasons. Default "/readyz". */
  readonly readyPath?: string | undefined;
}

/** Answers orchestrators and load balancers. */
export class Health {
  private readonly livePath: string;
  private readonly readyPath: string;
  private readonly reasons: () => readonly string[];

  /** `reasons` gives what keeps the server from taking clients: nothing if it is ready. */
  constructor(options: HealthOptions, reasons: () => readonly string[]) {
    this.livePath = options.livePath ?? "/healthz";
    this.readyPath = options.readyPath ?? "/readyz";
    this.reasons = reasons;
  }

  /** Answers a request that is for it; false if it is not. */
  take({ url = "" }: IncomingMessage, response: ServerResponse): boolean {
    const path = url.split("?", 1)[0];
    if (path === this.livePath) send(response, 200, { status: "ok" });
    else if (path === this.readyPath) {
      const reasons = this.reasons();
      if (reasons.length === 0) send(response, 200, { status: "ready" });
      else send(response, 503, { status: "unready", reasons });
    } else return false;
    return true;
  }
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "Content-Type": "application/json", "Cache-Control": "no-store" });
  response.end(JSON.stringify(body));
}
