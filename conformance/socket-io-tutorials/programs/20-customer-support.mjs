// Support agents see what customers do, and talk to one of them.
import { Server } from "socket.io";
import { io as connect } from "socket.io-client";

const io = new Server(0);
const url = `http://localhost:${io.httpServer.address().port}`;
const agents = io.of("/agents");

io.on("connection", (socket) => {
  socket.data.page = "/";
  agents.emit("arrived", socket.id.length > 0);
  socket.on("page", (page) => {
    socket.data.page = page;
    agents.emit("activity", { page });
  });
  socket.on("ask", (text) => agents.emit("question", { from: socket.id, text }));
  socket.on("disconnecting", (reason) => agents.emit("left", { page: socket.data.page, reason }));
});
agents.on("connection", (socket) => {
  socket.on("list", async (answer) => {
    const customers = await io.fetchSockets();
    answer(customers.map(({ data, rooms }) => ({ page: data.page, rooms: rooms.size })));
  });
  socket.on("answer", ({ to, text }) => io.to(to).emit("answer", text));
});

const next = (socket, event) => new Promise((resolve) => socket.once(event, resolve));
const agent = connect(`${url}/agents`, { forceNew: true });
await next(agent, "connect");
const arrived = next(agent, "arrived");
const customer = connect(url, { forceNew: true });
console.log("arrived", await arrived);
const activity = next(agent, "activity");
customer.emit("page", "/pricing");
console.log(await activity);
console.log(await agent.emitWithAck("list"));
const question = next(agent, "question");
customer.emit("ask", "Is it free?");
const { from, text } = await question;
console.log(text);
agent.emit("answer", { to: from, text: "It is." });
console.log(await next(customer, "answer"));
const left = next(agent, "left");
customer.disconnect();
console.log(await left);
agent.disconnect();
io.close();
// Prints:
// arrived true
// { page: '/pricing' }
// [ { page: '/pricing', rooms: 1 } ]
// Is it free?
// It is.
// { page: '/pricing', reason: 'client namespace disconnect' }
