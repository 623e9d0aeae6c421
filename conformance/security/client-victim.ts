import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { join } from "node:path";
import type { WebSocket } from "@openline/websocket";
import { acceptOf, fieldOf, parseHead } from "../handshake.ts";

/** What the client's process is told. */
export interface Order {
  readonly url: string;
  readonly options: WebSocket.ClientOptions;
}

/** How a connection to a server that attacks has ended. */
export interface Ending {
  /** Code and message of the error that the connection told; null if there was none. */
  readonly failure: string | null;
  readonly messages: number;
  /** What reached `uncaughtException` or `unhandledRejection`. */
  readonly unhandled: readonly string[];
  readonly descriptors: number;
  /** How much more memory was resident at the peak than before. */
  readonly grownBytes: number;
}

/** A client in a process of its own. */
export class ClientVictim {
  private readonly child: ChildProcess;

  constructor() {
    this.child = fork(join(import.meta.dirname, "client-process.ts"), {
      execArgv: ["--expose-gc", "--conditions=@openline/source", "--import", "tsx"],
    });
  }

  /**
   * Lets it connect to a server that answers the handshake with `answer` (a head without its
   * empty line; `accept` is the right `Sec-WebSocket-Accept`) and then sends `bytes`.
   */
  async meets(
    answer: (accept: string) => string,
    bytes: Uint8Array,
    options: WebSocket.ClientOptions = {},
  ): Promise<Ending> {
    const server = createServer((socket) => attackOver(socket, answer, bytes));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const ending = once(this.child, "message") as Promise<[Ending]>;
    const { port } = server.address() as AddressInfo;
    this.child.send({ url: `ws://127.0.0.1:${port}`, options } satisfies Order);
    try {
      return (await ending)[0];
    } finally {
      server.close();
    }
  }

  async stop(): Promise<void> {
    const ended = once(this.child, "exit");
    this.child.kill("SIGKILL");
    await ended;
  }
}

function attackOver(socket: Socket, answer: (accept: string) => string, bytes: Uint8Array): void {
  // The client hangs up as it likes.
  socket.on("error", () => socket.destroy());
  let request = "";
  socket.on("data", (chunk) => {
    if (request.includes("\r\n\r\n")) return;
    request += chunk.toString("latin1");
    if (!request.includes("\r\n\r\n")) return;
    const key = fieldOf(parseHead(request), "Sec-WebSocket-Key") ?? "";
    socket.write(`${answer(acceptOf(key))}\r\n\r\n`);
    socket.write(bytes);
  });
}

/** The answer that a server ought to give, with fields of the attacker's besides. */
export function switching(...fields: readonly string[]): (accept: string) => string {
  return (accept) =>
    [
      "HTTP/1.1 101 Switching Protocols",
      "Upgrade: websocket",
      "Connection: Upgrade",
      `Sec-WebSocket-Accept: ${accept}`,
      ...fields,
    ].join("\r\n");
}
