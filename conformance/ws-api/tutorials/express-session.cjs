// The example of ws with express-session: who is not logged in is not upgraded.
const express = require("express");
const http = require("node:http");
const session = require("express-session");
const { WebSocket, WebSocketServer } = require("ws");

function onSocketError(err) {
  console.error(err);
}

const app = express();
const map = new Map();
const sessionParser = session({ saveUninitialized: false, secret: "$eCuRiTy", resave: false });

app.use(sessionParser);

app.post("/login", (req, res) => {
  req.session.userId = "user-1";
  res.send({ result: "OK", message: "Session updated" });
});

app.delete("/logout", (request, response) => {
  const ws = map.get(request.session.userId);
  request.session.destroy(() => {
    if (ws) ws.close(4001, "logged out");
    response.send({ result: "OK", message: "Session destroyed" });
  });
});

const server = http.createServer(app);
const wss = new WebSocketServer({ clientTracking: false, noServer: true });

server.on("upgrade", (request, socket, head) => {
  socket.on("error", onSocketError);

  sessionParser(request, {}, () => {
    if (!request.session.userId) {
      socket.write("HTTP/1.1 401 Unauthorized\r\n\r\n");
      socket.destroy();
      return;
    }

    socket.removeListener("error", onSocketError);

    wss.handleUpgrade(request, socket, head, (ws) => {
      wss.emit("connection", ws, request);
    });
  });
});

wss.on("connection", (ws, request) => {
  const userId = request.session.userId;
  map.set(userId, ws);
  ws.on("error", console.error);
  ws.on("message", (message) => {
    console.log(`Received message ${message} from user ${userId}`);
    ws.send("welcome");
  });
  ws.on("close", () => {
    map.delete(userId);
  });
});

server.listen(0, async () => {
  const { port } = server.address();
  const stranger = new WebSocket(`ws://localhost:${port}`);
  await new Promise((resolve) => {
    stranger.on("error", (error) => {
      console.log("stranger:", error.message);
      resolve();
    });
  });
  const login = await fetch(`http://localhost:${port}/login`, { method: "POST" });
  const cookie = login.headers.get("set-cookie").split(";")[0];
  console.log(await login.json());
  const ws = new WebSocket(`ws://localhost:${port}`, { headers: { Cookie: cookie } });
  ws.on("open", () => ws.send("hello"));
  ws.on("message", async (message) => {
    console.log("user:", message.toString());
    const logout = await fetch(`http://localhost:${port}/logout`, {
      method: "DELETE",
      headers: { cookie },
    });
    console.log(await logout.json());
  });
  ws.on("close", (code, reason) => {
    console.log("closed", code, reason.toString());
    server.closeAllConnections();
    server.close();
  });
});
