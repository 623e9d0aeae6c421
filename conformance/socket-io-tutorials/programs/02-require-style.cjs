// As older tutorials require it.
const http = require("node:http").createServer();
const io = require("socket.io")(http, { cors: { origin: "*" } });
const { io: connect } = require("socket.io-client");

io.on("connection", (socket) => {
  socket.on("message", (message) => {
    io.emit("message", `${socket.id.length > 10 ? "somebody" : "nobody"} said ${message}`);
  });
});

http.listen(0, () => {
  const client = connect(`http://localhost:${http.address().port}`);
  client.on("message", (message) => {
    console.log(message);
    client.close();
    io.close();
  });
  client.send("hi");
});
// Prints:
// somebody said hi
