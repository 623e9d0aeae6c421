// The older way to authenticate: verifyClient, and what it found on the request.
const WebSocket = require("ws");

const wss = new WebSocket.Server({
  port: 0,
  verifyClient: (info, done) => {
    const token = new URL(info.req.url, "ws://localhost").searchParams.get("token");
    if (!token) {
      done(false, 401, "Unauthorized");
    } else {
      info.req.user = { name: token };
      done(true);
    }
  },
});

wss.on("connection", (ws, req) => {
  const ip = req.socket.remoteAddress;
  ws.send(`hello ${req.user.name} from ${ip.replace("::ffff:", "")}`);
});

wss.on("listening", () => {
  const url = `ws://127.0.0.1:${wss.address().port}`;
  const one = new WebSocket(url);
  one.on("unexpected-response", (_req, res) => {
    console.log("refused", res.statusCode, res.statusMessage);
    one.terminate();
  });
  one.on("error", (error) => console.log(error.message));
  one.on("close", () => {
    const two = new WebSocket(`${url}/?token=ann`);
    two.on("message", (data) => {
      console.log(data.toString());
      two.terminate();
      wss.close();
    });
  });
});
