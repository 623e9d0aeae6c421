/**
 * For tests of applications: a connected client and server without ports or sleeps.
 */
import { EngineServer } from "./engine/engine-server.ts";
import { TestClient, type TestClientOptions } from "./memory/test-client.ts";
import { Server } from "./server.ts";
import type { ServerOptions } from "./server-options.ts";
import type { Socket } from "./socket.ts";

export { type ContractCase, logContract } from "./log/log-contract.ts";
export { MemoryTransport } from "./memory/memory-transport.ts";
export { memoryRequest, TestClient, type TestClientOptions } from "./memory/test-client.ts";
export type { EncodedMessage, MessagePart } from "./messages/encoded-message.ts";
export type { SendFlags, Transport, TransportOwner } from "./transports/transport.ts";

export interface PairOptions extends TestClientOptions {
  /** A server to connect to. By default a new one is made with `serverOptions`. */
  server?: Server | undefined;
  serverOptions?: Partial<ServerOptions> | undefined;
}

export interface Pair {
  readonly io: Server;
  readonly client: TestClient;
  /** The client's end on the server. */
  readonly socket: Socket;
  /** Makes another client of the same server, connected. */
  connect(options?: TestClientOptions): Promise<TestClient>;
  /** Ends all of it. */
  close(): Promise<void>;
}

/**
 * Makes a server with a client that is connected to it, in memory.
 *
 * ```ts
 * const { socket, client, close } = await pair();
 * socket.on("add", (a, b, answer) => answer(a + b));
 * expect(await client.emitWithAck("add", 1, 2)).toBe(3);
 * await close();
 * ```
 *
 * @throws Error with what the server refused the client for
 */
export async function pair(options: PairOptions = {}): Promise<Pair> {
  const { server, serverOptions, ...clientOptions } = options;
  const io = server ?? new Server(serverOptions);
  const engine = engineOf(io, serverOptions);
  const connect = (more: TestClientOptions = {}): Promise<TestClient> =>
    new TestClient(engine, more).connect();
  const namespace = io.of(clientOptions.namespace ?? "/");
  const client = await connect(clientOptions);
  const socket = namespace.sockets.get(client.id ?? "");
  if (socket === undefined) throw new Error("The client was disconnected as soon as it connected");
  return { io, client, socket, connect, close: () => io.close() };
}

/** One that is attached to an HTTP server has an engine; another gets one that nobody reaches. */
function engineOf(io: Server, options: Partial<ServerOptions> | undefined): EngineServer {
  const given = io.engine as EngineServer | undefined;
  if (given !== undefined) return given;
  const engine = new EngineServer(options);
  io.bind(engine);
  return engine;
}
