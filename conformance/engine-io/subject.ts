/**
 * The set-up that the Engine.IO suite is written for: a server under `/engine.io/` that sends each
 * message back as it came, text as text and bytes as bytes, but for these texts:
 *
 * - `!close`: it closes the session.
 * - `!send <count>`: it sends the texts `0`, `1`, … in one turn.
 * - `!bytes <count>`: it sends a binary message of so many zeros.
 * - `!text <count>`: it sends a text of so many letters.
 *
 * Started as a program it takes the server's name, prints the address, and runs until it is killed:
 * `node --conditions=@openline/source --import tsx conformance/engine-io/subject.ts engine.io`.
 */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import * as stock from "engine.io";
import { type EngineOptions, EngineServer } from "openline";

export type SubjectName = "engine.io" | "openline";

/** A server under test. */
export interface Subject {
  /** `http://host:port`, without the path. */
  readonly url: string;
  /** Under which it takes requests, slashes included. */
  readonly path: string;
  stop(): Promise<void>;
}

/** What both implementations have, as far as the set-up needs it. */
type Engine = Pick<EngineServer, "attach" | "close"> & {
  on(event: "connection", listener: (socket: EngineConnection) => void): unknown;
};

interface EngineConnection {
  on(event: "message", listener: (data: string | Buffer) => void): unknown;
  send(data: string | Buffer): unknown;
  close(): unknown;
}

/**
 * The fixed options. A shorter `pingTimeout` does too, where nothing else keeps the machine busy.
 */
export const fixedOptions: EngineOptions = { pingInterval: 300, pingTimeout: 1_000 };

export const path = "/engine.io/";

export async function startSubject(name: SubjectName, options: EngineOptions): Promise<Subject> {
  const http = createServer((_request, response) => response.writeHead(404).end("not the engine"));
  const engine: Engine =
    name === "openline"
      ? new EngineServer(options)
      : // The types differ in what no option here is about.
        (new stock.Server(options as stock.ServerOptions) as unknown as Engine);
  engine.attach(http, { path });
  engine.on("connection", (socket) => socket.on("message", (data) => answer(socket, data)));
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  const { port } = http.address() as AddressInfo;
  const stop = async (): Promise<void> => {
    engine.close();
    http.closeAllConnections();
    http.close();
    await once(http, "close");
  };
  return { url: `http://127.0.0.1:${port}`, path, stop };
}

function answer(socket: EngineConnection, data: string | Buffer): void {
  const [, command, count] = /^!(\w+) ?(\d*)$/.exec(String(data)) ?? [];
  if (command === "close") socket.close();
  else if (command === "bytes") socket.send(Buffer.alloc(Number(count)));
  else if (command === "text") socket.send("x".repeat(Number(count)));
  else if (command === "send") {
    for (let sent = 0; sent < Number(count); sent += 1) socket.send(String(sent));
  } else socket.send(data);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const name = process.argv[2] === "engine.io" ? "engine.io" : "openline";
  const { url } = await startSubject(name, fixedOptions);
  console.log(`CONFORMANCE_URL=${url}`);
}
