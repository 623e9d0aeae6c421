// "How to use with TypeScript".
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Server, type Socket } from "socket.io";
import { type Socket as ClientSocket, io as connect } from "socket.io-client";

interface ServerToClientEvents {
  noArg: () => void;
  basicEmit: (a: number, b: string, c: Buffer) => void;
  withAck: (d: string, callback: (e: number) => void) => void;
}

interface ClientToServerEvents {
  hello: (name: string, callback: (greeting: string) => void) => void;
}

interface InterServerEvents {
  ping: () => void;
}

interface SocketData {
  name: string;
  age: number;
}

type TypedSocket = Socket<
  ClientToServerEvents,
  ServerToClientEvents,
  InterServerEvents,
  SocketData
>;

const httpServer = createServer();
const io = new Server<ClientToServerEvents, ServerToClientEvents, InterServerEvents, SocketData>(
  httpServer,
);

let answered!: () => void;
const isAnswered = new Promise<void>((resolve) => {
  answered = resolve;
});

function greet(this: TypedSocket, name: string, callback: (greeting: string) => void): void {
  this.data.name = name;
  this.data.age = 42;
  callback(`hello ${name}`);
}

io.on("connection", (socket) => {
  socket.emit("noArg");
  socket.emit("basicEmit", 1, "2", Buffer.from([3]));
  socket.emit("withAck", "4", (e) => {
    console.log("answer", e.toFixed(1));
    answered();
  });

  // works when broadcast to all
  io.emit("noArg");

  // works when broadcasting to a room
  io.to("room1").emit("basicEmit", 1, "2", Buffer.from([3]));

  socket.on("hello", greet);
});

io.on("ping", () => {});

httpServer.listen(0);
await once(httpServer, "listening");
const { port } = httpServer.address() as AddressInfo;
const client: ClientSocket<ServerToClientEvents, ClientToServerEvents> = connect(
  `http://localhost:${port}`,
);
client.on("basicEmit", (a, b, c) => console.log("basic", a, b, c));
client.on("withAck", (d, callback) => callback(Number(d)));
const greeting: string = await client.emitWithAck("hello", "ann");
console.log(greeting);
const [remote] = await io.fetchSockets();
console.log(remote?.data.name, remote?.data.age);
await isAnswered;
client.disconnect();
io.close();

// Prints, in any order:
//   basic 1 2 <Buffer 03>
//   answer 4.0
//   hello ann
//   ann 42
