// A TypeScript program of the kind that is written for ws, as an ES module.
import type { IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import WebSocket, {
  type ClientOptions,
  createWebSocketStream,
  type RawData,
  type ServerOptions,
  WebSocketServer,
} from "@openline/websocket";

const options: ServerOptions = {
  port: 0,
  perMessageDeflate: { threshold: 1024, serverNoContextTakeover: true },
  verifyClient: (info, done) => done(info.origin !== "https://evil.example", 403, "no"),
  handleProtocols: (protocols) => (protocols.has("chat") ? "chat" : false),
};
const server: WebSocketServer = new WebSocketServer(options);

server.on("connection", (socket: WebSocket, request: IncomingMessage) => {
  const url: string | undefined = request.url;
  socket.on("message", (data: RawData, isBinary: boolean) => {
    socket.send(data);
    socket.send(`${url} ${data.toString()}`, { binary: isBinary, compress: false }, (error) => {
      if (error) throw error;
    });
  });
  socket.on("close", (code: number, reason: Buffer) => code + reason.length);
  socket.on("error", (error: Error) => error.message);
});

server.on("listening", () => {
  const { port } = server.address() as AddressInfo;
  const clientOptions: ClientOptions = { handshakeTimeout: 1000, headers: { cookie: "a=1" } };
  const client = new WebSocket(`ws://127.0.0.1:${port}`, ["chat"], clientOptions);
  client.binaryType = "arraybuffer";
  client.onmessage = (event) => {
    const kind: string = event.type;
    client.close(1000, kind);
  };
  client.addEventListener("close", (event) => {
    const isClean: boolean = event.wasClean;
    if (isClean && client.readyState === WebSocket.CLOSED) server.close();
  });
  const stream: Duplex = createWebSocketStream(client, { encoding: "utf8" });
  stream.end("hello");
});

// @ts-expect-error an option that does not exist is refused
new WebSocketServer({ port: 0, prot: 1 });
// @ts-expect-error the port is a number
new WebSocketServer({ port: "80" });
// @ts-expect-error an object is no message
new WebSocket("ws://127.0.0.1").send({ text: "hello" });
