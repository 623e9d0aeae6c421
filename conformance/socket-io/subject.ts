/**
 * The set-up that the Socket.IO suite is written for: a server under `/socket.io/` with the
 * namespaces `/`, `/custom`, each `/dynamic-<number>`, `/refused` (its middleware refuses with
 * "not today" and the data `{ code: 7 }`) and `/greeting` (each client gets the event `auth` with what
 * it sent with its CONNECT). In each of them it
 *
 * - sends each event `echo` back with its arguments, and acknowledges it with them if asked to;
 * - answers `ask` with the event `asked`, whose acknowledgement it sends back as the event `answer`;
 * - sends at `many <count>` the events `item 0`, `item 1`, … in one turn, each third one with bytes;
 * - sends at `keys` the names of its argument's own keys, and whether Object.prototype was touched;
 * - disconnects at `leave` from the namespace, at `hang up` from all.
 *
 * Started as a program it takes the server's name, prints the address, and runs until it is killed:
 * `node --conditions=@openline/source --import tsx conformance/socket-io/subject.ts socket.io`.
 */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import type { Namespace, Server, ServerOptions, Socket } from "openline";
import type { Started } from "../engine-io/suite.ts";
import { implementations } from "../socket-io-implementations.ts";

/**
 * The fixed options. A shorter `pingTimeout` does too, where nothing else keeps the machine busy.
 */
export const fixedOptions: Partial<ServerOptions> = { pingInterval: 300, pingTimeout: 1_000 };

export const path = "/socket.io/";

export async function startSubject(
  name: string,
  options: Partial<ServerOptions> = {},
): Promise<Started> {
  const implementation = implementations.find((each) => each.name === name);
  if (implementation === undefined) throw new RangeError(`there is no server ${name}`);
  const http = createServer((_request, response) => response.writeHead(404).end());
  const io = new implementation.Server(http, options);
  setUp(io);
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  const { port } = http.address() as AddressInfo;
  const stop = async (): Promise<void> => {
    http.closeAllConnections();
    await io.close();
  };
  return { url: `http://127.0.0.1:${port}`, path, stop };
}

function setUp(io: Server): void {
  const refused = io.of("/refused");
  refused.use((_socket, next) => {
    next(Object.assign(new Error("not today"), { data: { code: 7 } }));
  });
  const greeting = io.of("/greeting");
  greeting.on("connection", (socket) => socket.emit("auth", socket.handshake.auth));
  const dynamic = io.of(/^\/dynamic-\d+$/);
  for (const namespace of [io.of("/"), io.of("/custom"), refused, greeting, dynamic]) {
    (namespace as Namespace).on("connection", answer);
  }
}

function answer(socket: Socket): void {
  socket.on("echo", (...args: unknown[]) => {
    const acknowledge = args.at(-1);
    if (typeof acknowledge === "function") acknowledge(...args.slice(0, -1));
    else socket.emit("echo", ...args);
  });
  socket.on("ask", (...args: unknown[]) => {
    socket.emit("asked", ...args, (...answers: unknown[]) => socket.emit("answer", ...answers));
  });
  socket.on("many", (count: number) => {
    for (let sent = 0; sent < count; sent += 1) {
      socket.emit(`item ${sent}`, ...(sent % 3 === 2 ? [Buffer.of(sent)] : []));
    }
  });
  socket.on("keys", (value: object) => {
    socket.emit("keys", Object.keys(value), "polluted" in {});
  });
  socket.on("leave", () => socket.disconnect());
  socket.on("hang up", () => socket.disconnect(true));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { url } = await startSubject(process.argv[2] ?? "openline", fixedOptions);
  console.log(`CONFORMANCE_URL=${url}`);
}
