// Rooms with a list of users, as in the ChatCord course.
import { Server } from "socket.io";
import { io as connect } from "socket.io-client";

const users = [];
const userJoin = (id, username, room) => {
  const user = { id, username, room };
  users.push(user);
  return user;
};
const getCurrentUser = (id) => users.find((user) => user.id === id);
const userLeave = (id) =>
  users.splice(
    users.findIndex((user) => user.id === id),
    1,
  )[0];
const getRoomUsers = (room) => users.filter((user) => user.room === room).map((u) => u.username);

const io = new Server(0);
const url = `http://localhost:${io.httpServer.address().port}`;

io.on("connection", (socket) => {
  socket.on("joinRoom", ({ username, room }) => {
    const user = userJoin(socket.id, username, room);
    socket.join(user.room);
    socket.emit("message", "bot", `Welcome ${username}`);
    socket.broadcast.to(user.room).emit("message", "bot", `${user.username} has joined the chat`);
    io.to(user.room).emit("roomUsers", { room: user.room, users: getRoomUsers(user.room) });
  });
  socket.on("chatMessage", (msg) => {
    const user = getCurrentUser(socket.id);
    io.to(user.room).emit("message", user.username, msg);
  });
  socket.on("disconnect", () => {
    const user = userLeave(socket.id);
    if (user) {
      io.to(user.room).emit("message", "bot", `${user.username} has left the chat`);
      io.to(user.room).emit("roomUsers", { room: user.room, users: getRoomUsers(user.room) });
    }
  });
});

const next = (socket, event) =>
  new Promise((resolve) => socket.once(event, (...args) => resolve(args)));
const people = {};
for (const [username, room] of [
  ["ann", "JavaScript"],
  ["bob", "JavaScript"],
  ["eve", "PHP"],
]) {
  people[username] = connect(url);
  const seen = next(people[username], "roomUsers");
  people[username].emit("joinRoom", { username, room });
  console.log(username, JSON.stringify((await seen)[0]));
}
people.eve.on("message", () => console.log("eve must not hear this"));
const both = Promise.all([next(people.ann, "message"), next(people.bob, "message")]);
people.bob.emit("chatMessage", "hi Ann");
console.log(JSON.stringify(await both));
const list = next(people.ann, "roomUsers");
people.bob.disconnect();
console.log(JSON.stringify((await list)[0]));
for (const client of Object.values(people)) client.disconnect();
io.close();
// Prints:
// ann {"room":"JavaScript","users":["ann"]}
// bob {"room":"JavaScript","users":["ann","bob"]}
// eve {"room":"PHP","users":["eve"]}
// [["bob","hi Ann"],["bob","hi Ann"]]
// {"room":"JavaScript","users":["ann"]}
