// Rooms in a Map of Sets, messages in JSON with a type.
const { WebSocketServer, WebSocket } = require("ws");

const wss = new WebSocketServer({ port: 0 });
const rooms = new Map();
const users = new Map();

function join(ws, room) {
  if (!rooms.has(room)) rooms.set(room, new Set());
  rooms.get(room).add(ws);
  ws.rooms.add(room);
}

function leaveAll(ws) {
  for (const room of ws.rooms) {
    rooms.get(room).delete(ws);
    if (rooms.get(room).size === 0) rooms.delete(room);
  }
}

function broadcastTo(room, message, except) {
  const text = JSON.stringify(message);
  for (const client of rooms.get(room) ?? []) {
    if (client !== except && client.readyState === WebSocket.OPEN) client.send(text);
  }
}

wss.on("connection", (ws, req) => {
  const name = new URL(req.url, `http://${req.headers.host}`).searchParams.get("name");
  users.set(ws, { name });
  ws.rooms = new Set();

  ws.on("message", (raw) => {
    let message;
    try {
      message = JSON.parse(raw);
    } catch {
      ws.send(JSON.stringify({ type: "error", error: "no JSON" }));
      return;
    }
    switch (message.type) {
      case "join":
        join(ws, message.room);
        broadcastTo(message.room, { type: "joined", name: users.get(ws).name });
        break;
      case "say":
        broadcastTo(
          message.room,
          { type: "said", name: users.get(ws).name, text: message.text },
          ws,
        );
        break;
    }
  });

  ws.on("close", () => {
    const { name: gone } = users.get(ws);
    const left = [...ws.rooms];
    leaveAll(ws);
    users.delete(ws);
    for (const room of left) broadcastTo(room, { type: "left", name: gone });
    if (wss.clients.size === 0) {
      console.log("rooms left", rooms.size, "users left", users.size);
      wss.close();
    }
  });
});

wss.on("listening", () => {
  const { port } = wss.address();
  const ann = new WebSocket(`ws://127.0.0.1:${port}/?name=Ann`);
  ann.on("open", () => ann.send(JSON.stringify({ type: "join", room: "tea" })));
  ann.on("message", (data) => {
    const message = JSON.parse(data.toString());
    console.log("ann:", message.type, message.name, message.text ?? "");
    if (message.type === "joined" && message.name === "Ann") connectBob(port);
    if (message.type === "said") bob.close();
    if (message.type === "left") ann.close();
  });
  let bob;
  function connectBob() {
    bob = new WebSocket(`ws://127.0.0.1:${port}/?name=Bob`);
    bob.on("message", (data) => {
      const message = JSON.parse(data.toString());
      console.log("bob:", message.type, message.error ?? message.name);
      if (message.type === "error") bob.send(JSON.stringify({ type: "join", room: "tea" }));
      else bob.send(JSON.stringify({ type: "say", room: "tea", text: "hello" }));
    });
    bob.on("open", () => bob.send("no JSON at all"));
  }
});
