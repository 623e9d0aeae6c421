import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { type ControlState, controlPaths } from "../../protocol/control.ts";
import { pathOf } from "../path-of.ts";
import { controlPage, controlPolicy, controlScript, controlStyle } from "./control-page.ts";

/** What it lets visitors do. */
export interface Controlled {
  readonly state: ControlState;
  /** The port of the pages that may ask. */
  readonly pagesPort: number;
  kill(): Promise<void>;
  restart(): Promise<void>;
  setCompany(isOn: boolean): void;
}

/** Pages that follow the state at once; more are answered 503. */
const maxFollowers = 200;

/** The control page and its endpoints: the one thing that lives on while the server is dead. */
export class ControlServer {
  readonly server: Server;
  private readonly controlled: Controlled;
  private readonly followers = new Set<ServerResponse>();

  constructor(controlled: Controlled) {
    this.controlled = controlled;
    this.server = createServer({ requestTimeout: 10_000 }, (request, response) =>
      this.answer(request, response),
    );
  }

  /** Tells everybody who follows. */
  changed(): void {
    for (const follower of this.followers) this.tell(follower);
  }

  close(): void {
    this.server.close();
    this.server.closeAllConnections();
  }

  private answer(request: IncomingMessage, response: ServerResponse): void {
    const { origin } = request.headers;
    response.setHeader("X-Content-Type-Options", "nosniff");
    response.setHeader("Cache-Control", "no-store");
    response.setHeader("Vary", "Origin");
    // Any page of the web can send requests to this machine: only our own may kill anything.
    if (origin !== undefined) {
      if (!isOurs(origin, request.headers.host, this.controlled.pagesPort)) {
        response.writeHead(403).end("Pages of this origin have no business here.\n");
        return;
      }
      response.setHeader("Access-Control-Allow-Origin", origin);
    }
    if (request.method === "GET") this.answerGet(request, response);
    else if (request.method === "POST") void this.answerPost(request, response);
    else response.writeHead(405, { Allow: "GET, POST" }).end();
  }

  private answerGet(request: IncomingMessage, response: ServerResponse): void {
    const files: Readonly<Record<string, readonly [type: string, text: string]>> = {
      "/": ["text/html", controlPage(this.controlled.pagesPort)],
      "/control.js": ["text/javascript", controlScript],
      "/control.css": ["text/css", controlStyle],
    };
    const path = pathOf(request);
    const file = files[path];
    if (path === controlPaths.state) this.follow(response);
    else if (file === undefined) response.writeHead(404).end("There is nothing at this address.\n");
    else {
      response.setHeader("Content-Security-Policy", controlPolicy);
      response.setHeader("Content-Type", `${file[0]}; charset=utf-8`);
      response.end(file[1]);
    }
  }

  private async answerPost(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { controlled } = this;
    try {
      switch (pathOf(request)) {
        case controlPaths.kill:
          await controlled.kill();
          break;
        case controlPaths.restart:
          await controlled.restart();
          break;
        case controlPaths.company:
          controlled.setCompany(request.url?.endsWith("?on=1") === true);
          break;
        default:
          response.writeHead(404).end();
          return;
      }
      response.writeHead(204).end();
    } catch {
      // The server's own process has printed why.
      response.writeHead(500).end();
    }
  }

  private follow(response: ServerResponse): void {
    if (this.followers.size >= maxFollowers) {
      response.writeHead(503, { "Retry-After": "5" }).end();
      return;
    }
    response.writeHead(200, { "Content-Type": "text/event-stream" });
    response.write("retry: 1000\n\n");
    this.followers.add(response);
    response.on("close", () => this.followers.delete(response));
    this.tell(response);
  }

  private tell(response: ServerResponse): void {
    response.write(`data: ${JSON.stringify(this.controlled.state)}\n\n`);
  }
}

/** A page of the showcase, or the control page itself, under whatever name this machine was asked. */
export function isOurs(origin: string, host: string | undefined, pagesPort: number): boolean {
  if (host === undefined || !URL.canParse(origin) || !URL.canParse(`http://${host}`)) return false;
  const asked = new URL(`http://${host}`);
  const page = new URL(origin);
  if (page.protocol !== "http:" || page.hostname !== asked.hostname) return false;
  return page.host === asked.host || page.port === String(pagesPort) || isDefault(page, pagesPort);
}

function isDefault({ port }: URL, pagesPort: number): boolean {
  return port === "" && pagesPort === 80;
}
