import { expect } from "vitest";
import { DEADLINE_MS } from "./http.ts";
import { PollingSession } from "./polling-session.ts";
import { requiresBeating, requiresOfBoth } from "./requires.ts";
import { type Session, SessionOver } from "./session.ts";
import { WebSocketSession } from "./websocket-session.ts";

const section = "Engine.IO v4, Heartbeat";

/** Requires something of both transports, the heartbeat being quick. */
function requiresOfBeating(
  text: (transport: string) => string,
  test: Parameters<typeof requiresOfBoth>[2],
): void {
  requiresOfBoth(section, text, test, requiresBeating);
}

/** Lets so many pings come and answers each. */
async function beat(session: Session, times: number): Promise<void> {
  for (let time = 0; time < times; time += 1) {
    expect(await session.next()).toBe("2");
    await session.send("3");
  }
}

requiresOfBeating(
  (transport) => `by ${transport} the server sends pings, and who answers each is kept`,
  async (open, address) => {
    const session = await open(address, { answersPings: false });
    await beat(session, 3);
    await session.send("4still here");
    expect(await session.next()).toBe("4still here");
  },
);

requiresOfBeating(
  (transport) => `by ${transport} the first ping comes no earlier than the interval`,
  async (open, address) => {
    const before = performance.now();
    const session = await open(address, { answersPings: false });
    expect(await session.next()).toBe("2");
    // Timers of Node may be a millisecond early, and ours are counted in coarse steps.
    const { pingInterval } = session.handshake;
    expect(performance.now() - before).toBeGreaterThan(pingInterval * 0.9);
  },
);

requiresOfBeating(
  (transport) => `by ${transport} the next ping waits for the pong`,
  async (open, address) => {
    const session = await open(address, { answersPings: false });
    expect(await session.next()).toBe("2");
    await session.send("3");
    const before = performance.now();
    expect(await session.next()).toBe("2");
    expect(performance.now() - before).toBeGreaterThan(session.handshake.pingInterval * 0.8);
  },
);

requiresOfBeating(
  (transport) => `by ${transport} a session without a pong is closed, and not before the timeout`,
  async (open, address) => {
    const session = await open(address, { answersPings: false });
    expect(await session.next()).toBe("2");
    const before = performance.now();
    expect(await session.untilEnd()).toEqual([]);
    expect(performance.now() - before).toBeGreaterThan(session.handshake.pingTimeout * 0.8);
  },
);

requiresOfBeating(
  (transport) => `by ${transport} a session is closed that was kept, when pongs stay away`,
  async (open, address) => {
    const session = await open(address, { answersPings: false });
    await beat(session, 2);
    expect(await session.untilEnd()).toEqual([]);
  },
);

requiresOfBeating(
  (transport) => `by ${transport} a ping of the client ends the session`,
  async (open, address) => {
    const session = await open(address);
    await session.send("2").catch(() => undefined);
    expect(await session.untilEnd()).toEqual([]);
  },
);

requiresOfBeating(
  (transport) => `by ${transport} a probe outside of an upgrade ends the session`,
  async (open, address) => {
    const session = await open(address);
    await session.send("2probe").catch(() => undefined);
    expect(await session.untilEnd()).toEqual([]);
  },
);

requiresOfBeating(
  (transport) => `by ${transport} a pong that nobody asked for is ignored`,
  async (open, address) => {
    const session = await open(address, { answersPings: false });
    await session.send("3", "3", "3", "4x");
    expect(await session.next()).toBe("4x");
    await beat(session, 2);
  },
);

requiresOfBeating(
  (transport) => `by ${transport} a pong with data is a pong`,
  async (open, address) => {
    const session = await open(address, { answersPings: false });
    expect(await session.next()).toBe("2");
    await session.send("3whatever");
    await beat(session, 1);
  },
);

for (const [what, packet] of [
  ["a message", "4x"],
  ["a binary message", Buffer.of(1, 2)],
] as const) {
  requiresOfBoth(
    "engine.io, heartbeat",
    (transport) => `by ${transport} ${what} puts off the pong's deadline once`,
    async (open, address) => {
      const session = await open(address, { answersPings: false });
      expect(await session.next()).toBe("2");
      const { pingTimeout } = session.handshake;
      await new Promise((resolve) => setTimeout(resolve, pingTimeout / 2));
      const before = performance.now();
      try {
        await session.send(packet);
        expect(await session.next()).toEqual(packet);
      } catch (error) {
        // The machine was too slow for the first deadline: there is nothing to put off.
        if (error instanceof SessionOver) return;
        throw error;
      }
      expect(await session.untilEnd()).toEqual([]);
      expect(performance.now() - before).toBeGreaterThan(pingTimeout * 0.8);
    },
    requiresBeating,
  );
}

requiresBeating(
  "engine.io, heartbeat: messages alone do not keep a session that answers no ping",
  async (address) => {
    const session = await WebSocketSession.open(address, { answersPings: false });
    const chatter = setInterval(() => session.line.socket.send("4x"), 20);
    try {
      const packets = await session.untilEnd();
      expect(packets.every((packet) => packet === "4x")).toBe(true);
    } finally {
      clearInterval(chatter);
    }
  },
);

requiresBeating(
  `${section}: by polling a poll that waits for a lost session is answered`,
  async (address) => {
    const session = await PollingSession.open(address, { answersPings: false });
    expect(await session.next()).toBe("2");
    const answer = await session.poll();
    expect(answer.status).toBe(200);
    expect(["1", "6"]).toContain(answer.text);
    expect((await session.poll()).status).toBe(400);
  },
);

requiresBeating(
  `${section}: by polling a ping waits for the poll that takes it`,
  async (address) => {
    const session = await PollingSession.open(address, { answersPings: false });
    const { pingInterval, pingTimeout } = session.handshake;
    const before = performance.now();
    // No poll is there when the ping is due. A machine slower than the timeout proves nothing.
    await new Promise((resolve) => setTimeout(resolve, pingInterval + pingTimeout / 4));
    if (performance.now() - before > pingInterval + pingTimeout / 2) return;
    expect(await session.next()).toBe("2");
  },
);

requiresBeating(`${section}: by polling a session that never polls is lost`, async (address) => {
  const session = await PollingSession.open(address, { answersPings: false });
  const { pingInterval, pingTimeout } = session.handshake;
  const deadline = performance.now() + pingInterval + pingTimeout + DEADLINE_MS;
  let answer = await session.post("6");
  while (answer.status === 200 && performance.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, pingInterval));
    answer = await session.post("6");
  }
  expect(answer.status).toBe(400);
  expect(JSON.parse(answer.text)).toMatchObject({ code: 1 });
});
