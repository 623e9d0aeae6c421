// Client authentication in 'upgrade', from the README of ws.
import { createServer } from "node:http";
import { WebSocket, WebSocketServer } from "ws";

function onSocketError(err) {
  console.error(err);
}

function authenticate(request, callback) {
  const token = request.headers.authorization?.split(" ")[1];
  setImmediate(() => {
    if (token === "secret") callback(null, "ann");
    else callback(new Error("unknown token"));
  });
}

const server = createServer();
const wss = new WebSocketServer({ noServer: true });

wss.on("connection", function connection(ws, _request, client) {
  ws.on("error", console.error);

  ws.on("message", function message(data) {
    console.log(`Received message ${data} from user ${client}`);
    ws.close(1000, `bye ${client}`);
  });
});

server.on("upgrade", function upgrade(request, socket, head) {
  socket.on("error", onSocketError);

  authenticate(request, function next(err, client) {
    if (err || !client) {
      socket.write("HTTP/1.1 401 Unauthorized\r\n\r\n");
      socket.destroy();
      return;
    }

    socket.removeListener("error", onSocketError);

    wss.handleUpgrade(request, socket, head, function done(ws) {
      wss.emit("connection", ws, request, client);
    });
  });
});

server.listen(0, () => {
  const url = `ws://localhost:${server.address().port}`;
  const stranger = new WebSocket(url, { headers: { Authorization: "Bearer wrong" } });
  stranger.on("error", (error) => {
    console.log("stranger:", error.message);
    const friend = new WebSocket(url, { headers: { Authorization: "Bearer secret" } });
    friend.on("open", () => friend.send("hello"));
    friend.on("close", (code, reason) => {
      console.log("friend:", code, `${reason}`);
      server.close();
    });
  });
});
