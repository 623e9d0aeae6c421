import type { EngineOptions } from "openline";
import { expect } from "vitest";
import { PollingSession } from "./polling-session.ts";
import { requires, requiresBeating } from "./requires.ts";
import { type Packet, SessionOver } from "./session.ts";
import type { Address } from "./suite.ts";
import { askUpgrade, formatUpgrade, RawConnection } from "./upgrade-request.ts";
import { Line, WebSocketSession } from "./websocket-session.ts";

const section = "Engine.IO v4, Upgrade";

/** A session by polling, and a WebSocket that may take over. */
async function begin(address: Address): Promise<{ session: PollingSession; line: Line }> {
  const session = await PollingSession.open(address);
  return { session, line: await Line.connect(upgradeUrl(address, session.sid)) };
}

function upgradeUrl(address: Address, sid: string): string {
  return address.at(`EIO=4&transport=websocket&sid=${sid}`);
}

/** The whole change. */
async function change(line: Line): Promise<void> {
  line.send("2probe");
  expect(await line.next()).toBe("3probe");
  line.send("5");
}

/** Polls until a noop lets the client go; returns the messages that came meanwhile. */
async function released(session: PollingSession): Promise<Packet[]> {
  const messages: Packet[] = [];
  for (;;) {
    const packet = await session.next();
    if (packet === "6") return [...messages, ...session.takeReceived()];
    messages.push(packet);
  }
}

requires(`${section}: a probe is answered`, async (address) => {
  const { line } = await begin(address);
  line.send("2probe");
  expect(await line.next()).toBe("3probe");
});

requires(
  `${section}: after the upgrade packet the session goes on by websocket`,
  async (address) => {
    const { line } = await begin(address);
    await change(line);
    line.send("4hello", Buffer.of(1, 2, 3));
    expect(await line.next()).toBe("4hello");
    expect(await line.next()).toEqual(Buffer.of(1, 2, 3));
  },
);

requires(`${section}: a probe lets a poll that waits go with a noop`, async (address) => {
  const { session, line } = await begin(address);
  const poll = session.poll();
  line.send("2probe");
  const answer = await poll;
  expect([answer.status, answer.text]).toEqual([200, "6"]);
});

requires(`${section}: a poll that comes behind the probe is let go, too`, async (address) => {
  const { session, line } = await begin(address);
  line.send("2probe");
  expect(await line.next()).toBe("3probe");
  const answer = await session.poll();
  expect([answer.status, answer.text]).toEqual([200, "6"]);
});

requires(
  `${section}: a poll that waits when the upgrade packet comes is let go`,
  async (address) => {
    const { session, line } = await begin(address);
    const poll = session.poll();
    line.send("2probe");
    expect((await poll).text).toBe("6");
    const next = session.poll();
    line.send("5");
    const answer = await next;
    expect([200, 400]).toContain(answer.status);
    if (answer.status === 200) expect(answer.text).toBe("6");
  },
);

requires(`${section}: polling is refused with 400 once it is done`, async (address) => {
  const { session, line } = await begin(address);
  await change(line);
  line.send("4x");
  expect(await line.next()).toBe("4x");
  expect((await session.poll()).status).toBe(400);
  expect((await session.post("4y")).status).toBe(400);
  // What was refused is not delivered, and does no harm.
  line.send("4z");
  expect(await line.next()).toBe("4z");
});

requires(`${section}: messages by polling are heard before the probe`, async (address) => {
  const { session } = await begin(address);
  await session.send("4x");
  expect(await session.next()).toBe("4x");
});

requires(
  `${section}: messages by polling are heard between probe and upgrade packet`,
  async (address) => {
    const { session, line } = await begin(address);
    line.send("2probe");
    expect(await line.next()).toBe("3probe");
    await session.send("4x");
    line.send("5");
    expect(await line.next()).toBe("4x");
  },
);

requires(
  `${section}: a message that waits for a poll goes by websocket instead`,
  async (address) => {
    const { session, line } = await begin(address);
    await session.send("4!send 3");
    await change(line);
    const packets = [await line.next(), await line.next(), await line.next()];
    expect(packets).toEqual(["40", "41", "42"]);
  },
);

requires(
  `${section}: a message behind the upgrade packet in the same write is heard`,
  async (address) => {
    const { line } = await begin(address);
    line.send("2probe");
    expect(await line.next()).toBe("3probe");
    line.send("5", "4one", "4two", Buffer.of(3));
    expect([await line.next(), await line.next(), await line.next()]).toEqual([
      "4one",
      "4two",
      Buffer.of(3),
    ]);
  },
);

/** Where the upgrade timeout is waited for. */
const impatient: EngineOptions = { upgradeTimeout: 100 };

/** At which steps of the change both sides send. */
const steps = ["before the probe", "behind the probe", "behind the upgrade packet"] as const;

for (const polls of [false, true]) {
  requires(
    `${section}: nothing is lost, repeated or out of order, sent at every step, ${polls ? "a poll waiting each time" : "no poll waiting"}`,
    async (address) => {
      const { session, line } = await begin(address);
      const sent: string[] = [];
      const received: Packet[] = [];
      const batch = (step: string): string[] => {
        const packets = Array.from({ length: 20 }, (_, index) => `4${step} ${index}`);
        sent.push(...packets);
        return packets;
      };
      const [before, behind, after] = steps;
      const first = batch(before);
      await session.send(...first);
      if (polls) while (received.length < first.length) received.push(await session.next());
      const releasing = polls ? released(session) : Promise.resolve([]);
      line.send("2probe");
      expect(await line.next()).toBe("3probe");
      received.push(...(await releasing));
      await session.send(...batch(behind));
      if (polls) received.push(...(await released(session)));
      line.send("5", ...batch(after));
      while (received.length < sent.length) received.push(await line.next());
      expect(received).toEqual(sent);
      line.send("4end");
      expect(await line.next()).toBe("4end");
    },
  );
}

requires(`${section}: ten sessions change at once, each with its own messages`, async (address) => {
  await Promise.all(
    Array.from({ length: 10 }, async (_, index) => {
      const { session, line } = await begin(address);
      await session.send(`4a${index}`);
      await change(line);
      line.send(`4b${index}`);
      expect([await line.next(), await line.next()]).toEqual([`4a${index}`, `4b${index}`]);
    }),
  );
});

requires(`${section}: a second probe on the same connection does no harm`, async (address) => {
  const { session, line } = await begin(address);
  line.send("2probe", "2probe");
  expect(await line.next()).toBe("3probe");
  expect(await line.next()).toBe("3probe");
  line.send("5", "4x");
  expect(await line.next()).toBe("4x");
  expect((await session.poll()).status).toBe(400);
});

const wrong: readonly (readonly [string, Packet])[] = [
  ["a ping without probe", "2"],
  ["a ping with another word", "2prob"],
  ["a pong", "3probe"],
  ["a message", "4hello"],
  ["bytes", Buffer.of(1, 2)],
  ["a noop", "6"],
  ["a packet of no type", "xyz"],
];

for (const [what, packet] of wrong) {
  requires(
    `${section}: ${what} instead of a probe closes the websocket, and polling goes on`,
    async (address) => {
      const { session, line } = await begin(address);
      line.send(packet);
      expect(await line.untilEnd()).toEqual([]);
      await session.send("4x");
      expect(await session.next()).toBe("4x");
    },
  );
}

for (const [what, packet] of wrong.slice(3)) {
  requires(
    `${section}: ${what} instead of the upgrade packet closes the websocket, and polling goes on`,
    async (address) => {
      const { session, line } = await begin(address);
      line.send("2probe");
      expect(await line.next()).toBe("3probe");
      line.send(packet);
      expect(await line.untilEnd()).toEqual([]);
      await session.send("4x");
      let next = await session.next();
      while (next === "6") next = await session.next();
      expect(next).toBe("4x");
    },
  );
}

requires(`${section}: an upgrade packet without a probe changes nothing over`, async (address) => {
  const { session, line } = await begin(address);
  line.send("5");
  expect(await line.untilEnd()).toEqual([]);
  await session.send("4x");
  expect(await session.next()).toBe("4x");
});

requires(`${section}: a second websocket while one is probing is closed`, async (address) => {
  const { session, line } = await begin(address);
  line.send("2probe");
  expect(await line.next()).toBe("3probe");
  const second = await Line.connect(upgradeUrl(address, session.sid)).catch(() => null);
  if (second !== null) expect(await second.untilEnd()).toEqual([]);
  line.send("5", "4x");
  expect(await line.next()).toBe("4x");
});

requires(`${section}: a second websocket for a session on websocket is closed`, async (address) => {
  const { session, line } = await begin(address);
  await change(line);
  line.send("4x");
  expect(await line.next()).toBe("4x");
  await expectNoSecondLine(address, session.sid);
  line.send("4y");
  expect(await line.next()).toBe("4y");
});

requires(
  "Engine.IO v4, WebSocket: a second websocket for a session that began so is closed",
  async (address) => {
    const session = await WebSocketSession.open(address);
    await expectNoSecondLine(address, session.sid);
    await session.send("4y");
    expect(await session.next()).toBe("4y");
  },
  impatient,
);

requires(`${section}: after a probe that went away another one may come`, async (address) => {
  const { session, line } = await begin(address);
  line.send("2probe");
  expect(await line.next()).toBe("3probe");
  line.socket.terminate();
  const again = await connectAgain(address, session.sid);
  again.send("5", "4x");
  expect(await again.next()).toBe("4x");
});

requires(
  `${section}: a probe that goes away without a word does not end the session`,
  async (address) => {
    const { session, line } = await begin(address);
    line.socket.terminate();
    await line.untilEnd();
    await session.send("4x");
    expect(await session.next()).toBe("4x");
  },
);

requires(
  `${section}: a session that is closed while it changes takes the websocket with it`,
  async (address) => {
    const { session, line } = await begin(address);
    line.send("2probe");
    expect(await line.next()).toBe("3probe");
    await session.post("1");
    await line.untilEnd();
    expect((await session.poll()).status).toBe(400);
  },
);

requires(`${section}: the server closes a session while it changes`, async (address) => {
  const { session, line } = await begin(address);
  line.send("2probe");
  expect(await line.next()).toBe("3probe");
  await session.send("4!close");
  // The client gives up its change; what it polls for is the farewell.
  const packets: Packet[] = [];
  try {
    for (;;) packets.push(await session.next());
  } catch (error) {
    expect(error).toBeInstanceOf(SessionOver);
  }
  expect(packets.filter((packet) => packet !== "6")).toEqual(["1"]);
});

requires(
  `${section}: a session that the server closed, and that changes over, is closed by websocket`,
  async (address) => {
    const { session, line } = await begin(address);
    line.send("2probe");
    expect(await line.next()).toBe("3probe");
    await session.send("4!close");
    line.send("5");
    expect(await line.untilEnd()).toEqual([]);
    const again = await askUpgrade(upgradeUrl(address, session.sid));
    expect(again.status).toBe(400);
  },
);

requires(
  `${section}: by websocket a client's leaving ends the session that changed over`,
  async (address) => {
    const { session, line } = await begin(address);
    await change(line);
    line.send("4x");
    expect(await line.next()).toBe("4x");
    line.socket.close();
    await line.untilEnd();
    const again = await askUpgrade(upgradeUrl(address, session.sid));
    expect(again.status).toBe(400);
  },
);

requires(
  `${section}: a websocket that does not probe is closed after the timeout, and polling goes on`,
  async (address) => {
    const { session, line } = await begin(address);
    expect(await line.untilEnd()).toEqual([]);
    await session.send("4x");
    expect(await session.next()).toBe("4x");
  },
  impatient,
);

requires(
  `${section}: a probe that nothing follows is given up after the timeout, and polling goes on`,
  async (address) => {
    const { session, line } = await begin(address);
    line.send("2probe");
    expect(await line.untilEnd()).toEqual(["3probe"]);
    await session.send("4x");
    let next = await session.next();
    while (next === "6") next = await session.next();
    expect(next).toBe("4x");
  },
  impatient,
);

requires(
  `${section}: a session that has changed over outlives the timeout`,
  async (address) => {
    const { line } = await begin(address);
    await change(line);
    const other = await begin(address);
    // The other one's timeout began later.
    await other.line.untilEnd();
    line.send("4x");
    expect(await line.next()).toBe("4x");
  },
  impatient,
);

requiresBeating(`${section}: the heartbeat goes on by websocket`, async (address) => {
  const { line } = await begin(address);
  line.answersPings = false;
  await change(line);
  for (let beat = 0; beat < 2; beat += 1) {
    expect(await line.next()).toBe("2");
    line.send("3");
  }
  // No pong any more.
  expect(await line.untilEnd()).toEqual(["2"]);
});

for (const version of ["EIO=3&", "EIO=5&", ""]) {
  requires(
    `${section}: an upgrade with ${version || "no version "}to a session of version 4 is refused with 400`,
    async (address) => {
      const session = await PollingSession.open(address);
      const query = `${version}transport=websocket&sid=${session.sid}`;
      expect((await askUpgrade(address.at(query))).status).toBe(400);
      await session.send("4x");
      expect(await session.next()).toBe("4x");
    },
  );
}

requires(
  `${section}: an upgrade to a session that was closed is refused with 400`,
  async (address) => {
    const session = await PollingSession.open(address);
    await session.post("1");
    expect((await askUpgrade(upgradeUrl(address, session.sid))).status).toBe(400);
  },
);

requires(
  `${section}: a probe in the same packet as the upgrade request is answered`,
  async (address) => {
    const session = await PollingSession.open(address);
    const connection = await RawConnection.open(address.url);
    // "2probe" as a masked text frame, the mask being zeros.
    const probe = Buffer.concat([Buffer.of(0x81, 0x86, 0, 0, 0, 0), Buffer.from("2probe")]);
    connection.write(
      Buffer.concat([Buffer.from(formatUpgrade(upgradeUrl(address, session.sid))), probe]),
    );
    expect((await connection.answer()).status).toBe(101);
    await connection.until((bytes) => bytes.includes("3probe"), "the answer to the probe");
    connection.socket.destroy();
  },
);

/** Either the upgrade is refused, or the connection is closed at once. */
async function expectNoSecondLine(address: Address, sid: string): Promise<void> {
  const second = await Line.connect(upgradeUrl(address, sid)).catch(() => null);
  if (second !== null) expect(await second.untilEnd()).toEqual([]);
}

/** Probes until it is answered: the server learns of a hang-up when it comes. */
async function connectAgain(address: Address, sid: string): Promise<Line> {
  for (;;) {
    const line = await Line.connect(upgradeUrl(address, sid));
    line.send("2probe");
    try {
      expect(await line.next()).toBe("3probe");
      return line;
    } catch (error) {
      if (!(error instanceof SessionOver)) throw error;
    }
  }
}
