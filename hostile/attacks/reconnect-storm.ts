import { Agent } from "node:http";
import { io, type Socket } from "socket.io-client";
import type { Field } from "../attackers/field.ts";
import type { Attack } from "./attack.ts";

const CLIENTS = 100;
const RECONNECTS_PER_SECOND = 150;

function join(field: Field): Socket {
  const agent = new Agent({ localAddress: field.from("many") } as object); // it is for its sockets
  const client = io(`http://127.0.0.1:${field.port}`, {
    forceNew: true,
    transports: ["websocket"],
    agent: agent as never, // Node's, whatever the types say
    auth: { room: "storm" },
    reconnectionDelay: 1,
    reconnectionDelayMax: 1,
    randomizationFactor: 0,
  });
  client.on("connect", () => field.count(client.recovered ? "resumed" : "sessions"));
  client.on("connect_error", () => field.count("refused"));
  return client;
}

export const reconnectStorm: Attack = {
  about:
    `${CLIENTS} stock clients in a durable room are cut off and resume, ` +
    `${RECONNECTS_PER_SECOND} times a second`,
  server: { durable: true },
  begin(field) {
    const clients = Array.from({ length: CLIENTS * field.strength }, () => join(field));
    let turn = 0;
    field.every(RECONNECTS_PER_SECOND, () => {
      turn += 1;
      const client = clients[turn % clients.length];
      // Without a word, as a line that breaks.
      if (client?.connected) client.io.engine.close();
    });
    field.atEnd(() => {
      for (const client of clients) client.disconnect();
    });
  },
};
