// A server with typed events, as Socket.IO's documentation writes it, and what goes beyond it.
import { createServer } from "node:http";
import { type ExtendedError, Server, type ServerOptions, type Socket } from "openline";
import { pair } from "openline/testing";

interface ServerToClientEvents {
  noArg: () => void;
  basicEmit: (a: number, b: string, c: Buffer) => void;
  withAck: (d: string, callback: (e: number) => void) => void;
}

interface ClientToServerEvents {
  hello: (name: string, answer: (text: string) => void) => void;
}

interface InterServerEvents {
  ping: () => void;
}

interface SocketData {
  name: string;
  age: number;
}

const options: Partial<ServerOptions> = {
  origins: ["https://example.com"],
  onError: (error, { event }) => console.error(error, event),
  backpressure: {
    maxBytes: 1_048_576,
    policy: (socket, bytes) => (socket.id && bytes ? "drop" : "close"),
  },
  keepRequest: true,
};

const io = new Server<ClientToServerEvents, ServerToClientEvents, InterServerEvents, SocketData>(
  createServer(),
  options,
);

io.use((socket, next: (error?: ExtendedError) => void) => {
  socket.data.name = "ada";
  next();
});

io.on("connection", (socket) => {
  const typed: Socket<ClientToServerEvents, ServerToClientEvents, InterServerEvents, SocketData> =
    socket;
  typed.on("hello", (name, answer) => answer(name.toUpperCase()));
  socket.emit("noArg");
  socket.emit("basicEmit", 1, "2", Buffer.from([3]));
  socket.emit("withAck", "4", (e) => e.toFixed());
  socket.timeout(1000).emit("withAck", "4", (error, e) => console.log(error.message, e.toFixed()));
  io.timeout(1000).emit("withAck", "4", (error, all) => console.log(error.message, all.length));
  const waiting: boolean = socket.emit("noArg") && !socket.pressure.isFull;
  const answer: Promise<number> = socket.emitWithAck("withAck", waiting ? "5" : "6");
  answer.then((e) => socket.to("room").emit("basicEmit", e, "x", Buffer.alloc(0)));
  // @ts-expect-error there is no such event
  socket.emit("nothing");
  // @ts-expect-error its first argument is a number
  socket.emit("basicEmit", "1", "2", Buffer.from([3]));
  // @ts-expect-error its age is a number
  socket.data.age = "old";
});

io.serverSideEmit("ping");

const { client, close } = await pair();
await client.emitWithAck("hello", "ada");
await close();
