/**
 * TypeScript as it is written for Socket.IO. The type check compiles it twice, here with the types
 * of `socket.io` and in the file beside it with ours; types.test.ts sees to it that nothing but the
 * import differs. Each `@ts-expect-error` is an error that both must make.
 */
import { createServer } from "node:http";
import { createSecureServer } from "node:http2";
import { createServer as createTlsServer } from "node:https";
import {
  type BroadcastOperator,
  type DefaultEventsMap,
  type DisconnectReason,
  type Event,
  type ExtendedError,
  Namespace,
  type RemoteSocket,
  Server,
  type ServerOptions,
  Socket,
} from "socket.io";

/** Holds when the two are the same type. */
type Same<One, Other> =
  (<T>() => T extends One ? 1 : 2) extends <T>() => T extends Other ? 1 : 2 ? true : false;

/** Compiles for `true` only. */
function holds<_Claim extends true>(): void {}

// What servers are made of.
export const options: Partial<ServerOptions> = {
  path: "/here",
  serveClient: false,
  connectTimeout: 1,
  cleanupEmptyChildNamespaces: true,
  pingInterval: 1,
  pingTimeout: 1,
  upgradeTimeout: 1,
  maxHttpBufferSize: 1,
  transports: ["polling", "websocket"],
  allowUpgrades: true,
  perMessageDeflate: { threshold: 1 },
  httpCompression: { threshold: 1 },
  cookie: { name: "io", path: "/", httpOnly: true, sameSite: "lax", maxAge: 1 },
  cors: { origin: ["https://app.example.com", /example/], methods: ["GET"], credentials: true },
  allowEIO3: true,
  allowRequest: (request, callback) => callback(request.url, true),
};
export const servers = (): Server[] => [
  new Server(),
  new Server(3000),
  new Server(options),
  new Server(createServer(), options),
  new Server(createTlsServer()),
  new Server(createSecureServer()),
  new Server(3000, { cors: { origin: "*" } }),
];
// @ts-expect-error: not a path
export const wrongPath = (): Server => new Server({ path: 1 });
// @ts-expect-error: not a transport
export const wrongTransport = (): Server => new Server({ transports: ["pigeon"] });

// Without types of its own every event takes everything.
export function untyped(io: Server): void {
  io.on("connection", (socket: Socket) => {
    const { id, rooms, data, handshake, nsp, connected, recovered } = socket;
    holds<Same<typeof id, string>>();
    holds<Same<typeof rooms, Set<string>>>();
    holds<Same<typeof connected, boolean>>();
    holds<Same<typeof recovered, boolean>>();
    data.anything = nsp.name;
    const { token } = handshake.auth as { token?: string };
    const language: string | undefined = handshake.headers["accept-language"];
    const { page } = handshake.query;
    holds<Same<typeof page, string | string[] | undefined>>();
    const { address, time, issued, url, xdomain, secure } = handshake;
    socket.emit("all", token, language, page, address, time, issued, url, xdomain, secure);
    socket.on("event", (a, b, callback) => callback(a.b, b));
    socket.on("disconnect", (reason) => holds<Same<typeof reason, DisconnectReason>>());
    socket.on("disconnecting", (reason, description) => [reason.length, description]);
    socket.on("error", (error) => error.message);
    socket.onAny((event: string, ...args: unknown[]) => [event, args]);
    socket
      .prependAnyOutgoing((event) => event.length)
      .offAny()
      .offAnyOutgoing();
    socket.use(([event, ...args]: Event, next) => next(new Error(`${event} ${args.length}`)));
    socket.join(["a", "b"]);
    socket.to("a").to(["b"]).in("c").except("d").local.volatile.compress(true).emit("x", 1);
    socket.broadcast.timeout(1).emit("x", (error: Error, answers: number[]) => [error, answers]);
    socket.timeout(1).emit("x", 1, (error: Error, answer: string) => [error, answer]);
    socket.conn.on("packet", ({ type, data: part }) => [type.length, part]);
    socket.conn.once("upgrade", (transport) => transport.name);
    socket.send("a", 1).write("b").disconnect(true);
  });
  io.of("/a").on("connect", (socket) => socket.nsp.name.length);
  io.of(/^\/b-\d+$/).use((socket, next) => next(socket.connected ? undefined : new Error("no")));
  io.of((name, auth, next) => next(null, name.length > Object.keys(auth).length));
  io.on("new_namespace", (namespace) => namespace.name);
  io.engine.on("connection_error", (error: ExtendedError) => error.message);
  io.engine.use((_request: unknown, _response: unknown, next: () => void) => next());
  const { clientsCount } = io.engine;
  holds<Same<typeof clientsCount, number>>();
  io.attach(createServer()).listen(3000).path("/a").connectTimeout(1).serveClient(true);
  void io.close().then(() => io.fetchSockets());
}

interface FromClient {
  save: (text: string, done: (id: number) => void) => void;
  typing: () => void;
}

interface FromServer {
  news: (title: string, tags?: string[]) => void;
  ask: (question: string, answer: (yes: boolean) => void) => void;
  message: (text: string) => void;
}

interface BetweenServers {
  load: (percent: number) => void;
  count: (answer: (count: number) => void) => void;
}

interface Data {
  user: string;
}

type TypedServer = Server<FromClient, FromServer, BetweenServers, Data>;
type TypedSocket = Socket<FromClient, FromServer, BetweenServers, Data>;

// With types of its own every event takes what they say.
export function typed(io: TypedServer): void {
  io.on("connection", (socket) => {
    holds<Same<typeof socket, TypedSocket>>();
    socket.on("save", (text, done) => {
      holds<Same<typeof text, string>>();
      done(text.length);
      // @ts-expect-error: not a number
      done(text);
    });
    socket.once("typing", () => undefined);
    // @ts-expect-error: no such event
    socket.on("saved", () => undefined);
    // @ts-expect-error: of the server
    socket.on("news", () => undefined);
    socket.emit("news", "a");
    socket.emit("news", "a", ["b"]);
    socket.send("a");
    // @ts-expect-error: not a text
    socket.emit("news", 1);
    // @ts-expect-error: of the client
    socket.emit("save", "a", () => undefined);
    socket.emit("ask", "a", (yes) => holds<Same<typeof yes, boolean>>());
    socket.timeout(1).emit("ask", "a", (error, yes) => {
      holds<Same<typeof yes, boolean>>();
      return error.message;
    });
    socket.data.user = "ada";
    // @ts-expect-error: not a text
    socket.data.user = 1;
    const user: string | undefined = socket.data.user;
    socket.broadcast.emit("news", user ?? "");
    socket
      .to("a")
      .timeout(1)
      .emit("ask", "a", (error, answers) => {
        holds<Same<typeof answers, boolean[]>>();
        return error.message;
      });
  });
  io.emit("news", "a");
  // @ts-expect-error: no such event
  io.emit("olds", "a");
  io.serverSideEmit("load", 1);
  io.serverSideEmit("count", (error, counts) => {
    holds<Same<typeof counts, number[]>>();
    return error.message;
  });
  io.on("load", (percent) => holds<Same<typeof percent, number>>());
  io.use((socket, next) => next(new Error(socket.data.user)));
}

export async function answers(io: TypedServer, socket: TypedSocket): Promise<void> {
  const one = await socket.emitWithAck("ask", "a");
  holds<Same<typeof one, boolean>>();
  const oneInTime = await socket.timeout(1).emitWithAck("ask", "a");
  holds<Same<typeof oneInTime, boolean>>();
  const all = await io.timeout(1).emitWithAck("ask", "a");
  holds<Same<typeof all, boolean[]>>();
  const some = await socket.to("a").timeout(1).emitWithAck("ask", "a");
  holds<Same<typeof some, boolean[]>>();
  const counts = await io.serverSideEmitWithAck("count");
  holds<Same<typeof counts, number[]>>();
  // @ts-expect-error: it has no answer
  await socket.emitWithAck("news", "a");
  const sockets = await io.in("a").fetchSockets();
  for (const remote of sockets) tell(remote);
  const ids = await io.allSockets();
  holds<Same<typeof ids, Set<string>>>();
}

/** One that only some of the events are told. */
function tell(remote: RemoteSocket<{ news: (title: string) => void }, Data>): void {
  remote.join("b");
  remote.emit("news", remote.data.user);
}

// What functions of applications take and give.
export const namespace = (
  io: TypedServer,
): Namespace<FromClient, FromServer, BetweenServers, Data> => io.of("/a");
export const room = (io: TypedServer): BroadcastOperator<FromServer, unknown> => io.to("a");
export const untypedOne = (): Server<DefaultEventsMap, DefaultEventsMap> => new Server();
export const is = (value: unknown): boolean =>
  value instanceof Socket || value instanceof Namespace;
export const refusal = (): ExtendedError => Object.assign(new Error("no"), { data: { code: 1 } });
