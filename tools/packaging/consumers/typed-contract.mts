// A contract, from which a server and a client take the types of their events.
import { io } from "@openline/client";
import { isRefusal } from "@openline/client/contract";
import { defineContract, Server, type StandardSchema } from "openline";

/** A schema of whatever library. */
function schema<Input, Output = Input>(): StandardSchema<Input, Output> {
  const validate = (value: unknown) => ({ value: value as Output });
  return { "~standard": { version: 1, vendor: "own", validate } };
}

const contract = defineContract({
  clientToServer: {
    say: schema<{ text: string }>(),
    add: { args: [schema<number>(), schema<number>()], ack: schema<number>() },
  },
  serverToClient: { at: schema<string, Date>() },
  rooms: { "chat:*": { message: schema<{ text: string }>() } },
});

const server = new Server(3000, { contract });
server.on("connection", (socket) => {
  socket.on("say", ({ text }) => text.length);
  socket.on("add", (a, b, answer) => answer(a + b));
  socket.emit("at", new Date().toISOString());
  // @ts-expect-error it is a text
  socket.emit("at", new Date());
});
void server.room("chat:42").publish("message", { text: "hello" });
// @ts-expect-error there is no such room
server.room("lobby");

const client = io("http://localhost:3000", { contract });
client.on("at", (date) => date.getTime());
const answer = await client.emitWithAck("add", 1, 2);
if (isRefusal(answer)) console.log(answer.code);
else console.log(answer.toFixed());
// @ts-expect-error it has a text
client.emit("say", {});
// @ts-expect-error there is no such event
client.emit("nothing");
