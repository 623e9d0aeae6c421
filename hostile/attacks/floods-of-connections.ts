import type { Field, Origin } from "../attackers/field.ts";
import { openPolling } from "../attackers/http-peer.ts";
import { openWebSocket } from "../attackers/websocket-peer.ts";
import type { Attack } from "./attack.ts";

const PER_SECOND = 400;
/** Of each attack, at once: a botnet of that size. */
const MAX_OPEN = 1_000;

function connections(field: Field, origin: Origin): void {
  const open = new Set<ReturnType<typeof field.connect>>();
  field.every(PER_SECOND, () => {
    const [oldest] = open;
    if (open.size >= MAX_OPEN) oldest?.destroy();
    const socket = openWebSocket(field, () => {}, { origin });
    open.add(socket);
    socket.on("close", () => open.delete(socket));
  });
}

export const connectionFlood: Attack = {
  about: `${PER_SECOND} WebSockets a second are opened from as many addresses, up to ${MAX_OPEN.toLocaleString("en")} at once`,
  begin: (field) => connections(field, "many"),
};

export const connectionFloodOne: Attack = {
  about: "the same from one address, of whose connections the server takes 100",
  begin: (field) => connections(field, "one"),
};

export const pollingFlood: Attack = {
  about:
    "20 polling sessions ask 1,000 times a second, beginning the next request upon each answer",
  begin(field) {
    const ready: (() => void)[] = [];
    let open = 0;
    field.keep(
      20,
      20,
      () => open,
      () => {
        open += 1;
        const { socket } = openPolling(field, (peer, query) => {
          // Each POST brings its own answer, which the poll after it fetches.
          const post = (): void => peer.ask(query, poll, '42["echo",1]');
          const poll = (): void => {
            field.count("requests", 2);
            peer.ask(query, ({ body }) => {
              const isPing = body === "2";
              ready.push(isPing ? () => peer.ask(query, poll, "3") : post);
            });
          };
          peer.ask(query, poll, "40");
        });
        socket.on("close", () => {
          open -= 1;
          field.count("ended");
        });
      },
    );
    field.every(500, () => ready.shift()?.());
  },
};

export const pollingSessions: Attack = {
  about: "200 polling sessions a second are opened from as many addresses, and left alone",
  begin(field) {
    field.every(200, () => {
      openPolling(field, (peer) => {
        peer.socket.destroy();
      });
    });
  },
};
