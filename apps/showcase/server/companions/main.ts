/** Simulated people, who talk while somebody is there: the showcase for one visitor. */
import { randomInt } from "node:crypto";
import { Companion } from "./companion.ts";
import { Conversation } from "./conversation.ts";

const { SERVER_URL, BOT_KEY } = process.env;
if (SERVER_URL === undefined || BOT_KEY === undefined) {
  throw new Error("This program is started by the supervisor: npm start");
}
const companions = ["Mira", "Jonas", "Tomoko"].map(
  (name, index) => new Companion(SERVER_URL, `${BOT_KEY}:${index}`, name),
);
const conversation = new Conversation(companions, (from, to) => randomInt(from, to));
conversation.begin();

function stop(): void {
  conversation.end();
  for (const companion of companions) companion.leave();
}
process.on("SIGTERM", stop);
// Ctrl+C goes to all processes of a terminal, and the supervisor's word comes after it.
process.on("SIGINT", () => {});
process.on("disconnect", stop);
