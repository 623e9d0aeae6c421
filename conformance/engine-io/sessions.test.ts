import { once } from "node:events";
import { request } from "node:http";
import { expect } from "vitest";
import { ask, within } from "./http.ts";
import { PollingSession, splitBody } from "./polling-session.ts";
import { requires, requiresOfBoth } from "./requires.ts";
import type { Packet } from "./session.ts";
import { RawConnection } from "./upgrade-request.ts";
import { WebSocketSession } from "./websocket-session.ts";

const receiving = "Engine.IO v4, Receiving data";
const sending = "Engine.IO v4, Sending data";

requires(
  `${receiving}: a second poll beside a waiting one is refused with 400`,
  async (address) => {
    const session = await PollingSession.open(address);
    const answers = await Promise.all([session.poll(), session.poll()]);
    expect(answers.filter(({ status }) => status === 400)).toHaveLength(1);
  },
);

requires(`${receiving}: a second poll beside a waiting one ends the session`, async (address) => {
  const session = await PollingSession.open(address);
  await Promise.all([session.poll(), session.poll()]);
  expect((await session.poll()).status).toBe(400);
  expect((await session.post("4x")).status).toBe(400);
});

requires(`${receiving}: a poll whose connection breaks ends the session`, async (address) => {
  const session = await PollingSession.open(address);
  const connection = await RawConnection.open(address.url);
  const { host } = new URL(address.url);
  const format = (url: string): string => {
    const { pathname, search } = new URL(url);
    return `GET ${pathname}${search} HTTP/1.1\r\nHost: ${host}\r\n\r\n`;
  };
  // Both are read at once: when the first is answered, the poll is there.
  connection.write(format(address.at("EIO=4&transport=polling")) + format(session.url));
  await connection.answer();
  connection.socket.destroy();
  await expectGone(session);
});

requires(`${sending}: a POST beside an unfinished one is refused with 400`, async (address) => {
  const session = await PollingSession.open(address);
  const first = beginPost(session);
  await first.isBegun;
  expect((await session.post("4second")).status).toBe(400);
  first.abandon();
});

requires(`${sending}: a POST beside an unfinished one ends the session`, async (address) => {
  const session = await PollingSession.open(address);
  const first = beginPost(session);
  await first.isBegun;
  await session.post("4second");
  expect((await session.poll()).status).toBe(400);
  first.abandon();
});

requires(`${sending}: a POST whose connection breaks ends the session`, async (address) => {
  const session = await PollingSession.open(address);
  const first = beginPost(session);
  await first.isBegun;
  first.abandon();
  await expectGone(session);
});

requires(`${sending}: POSTs while a poll waits are no overlap`, async (address) => {
  const session = await PollingSession.open(address);
  const poll = session.poll();
  expect((await session.post("6")).status).toBe(200);
  expect((await session.post("6")).status).toBe(200);
  await session.post("4x");
  expect((await poll).text).toBe("4x");
});

for (const method of ["PUT", "DELETE", "PATCH"]) {
  requires(
    `Engine.IO v4, HTTP long-polling: ${method} in a session is refused, and the session lives`,
    async (address) => {
      const session = await PollingSession.open(address);
      const { status } = await ask(session.url, { method });
      expect(status).toBeGreaterThanOrEqual(400);
      await session.send("4x");
      expect(await session.next()).toBe("4x");
    },
  );
}

requires(
  "engine.io, methods: one that is not known in a session is refused with 405",
  async (address) => {
    const session = await PollingSession.open(address);
    const answer = await ask(session.url, { method: "PUT" });
    expect(answer.status).toBe(405);
    expect(answer.headers.allow).toBe("GET, POST");
  },
);

const closing = "Engine.IO v4, Protocol, close";

requiresOfBoth(
  closing,
  (transport) => `by ${transport} the client's close packet ends the session`,
  async (open, address) => {
    const session = await open(address);
    await session.send("1");
    expect(await session.untilEnd()).toEqual([]);
  },
);

requiresOfBoth(
  closing,
  (transport) => `by ${transport} what comes behind a close packet is not heard`,
  async (open, address) => {
    const session = await open(address);
    await session.send("1", "4x").catch(() => undefined);
    expect(await session.untilEnd()).toEqual([]);
  },
);

requires(
  `${closing}: the POST that brings the close packet is answered with ok`,
  async (address) => {
    const session = await PollingSession.open(address);
    const answer = await session.post("1");
    expect([answer.status, answer.text]).toEqual([200, "ok"]);
  },
);

requires(`${closing}: a poll that waits when the client closes is answered`, async (address) => {
  const session = await PollingSession.open(address);
  const poll = session.poll();
  await session.post("1");
  const answer = await poll;
  expect(answer.status).toBe(200);
  expect(["1", "6"]).toContain(answer.text);
  expect((await session.poll()).status).toBe(400);
});

requires(
  `${closing}: a poll that waits when the server closes brings the close packet`,
  async (address) => {
    const session = await PollingSession.open(address);
    const poll = session.poll();
    await session.post("4!close");
    const answer = await poll;
    expect([answer.status, answer.text]).toEqual([200, "1"]);
    expect((await session.poll()).status).toBe(400);
  },
);

requires(
  `${closing}: the next poll after the server has closed brings the close packet`,
  async (address) => {
    const session = await PollingSession.open(address);
    await session.post("4!close");
    const answer = await session.poll();
    expect(answer.status).toBe(200);
    // Beside it there may be a noop.
    expect(answer.text.split("\x1e").filter((packet) => packet !== "6")).toEqual(["1"]);
    expect((await session.poll()).status).toBe(400);
  },
);

requires(
  `${closing}: what was sent before the server closed comes before the close packet`,
  async (address) => {
    const session = await PollingSession.open(address);
    await session.post("4!send 3\x1e4!close");
    const packets: Packet[] = [];
    for (;;) {
      const answer = await session.poll();
      if (answer.status !== 200) break;
      packets.push(...splitBody(answer.text).filter((packet) => packet !== "6"));
    }
    expect(packets).toEqual(["40", "41", "42", "1"]);
  },
);

requires(
  `${closing}: by websocket what was sent before the server closed still comes`,
  async (address) => {
    const session = await WebSocketSession.open(address);
    await session.send("4!send 3", "4!close");
    expect(await session.untilEnd()).toEqual(["40", "41", "42"]);
  },
);

requires(
  `${closing}: by websocket the connection is closed cleanly when the server closes`,
  async (address) => {
    const session = await WebSocketSession.open(address);
    await session.send("4!close");
    await session.untilEnd();
    expect([1000, 1005]).toContain(session.line.code);
  },
);

requires(`${closing}: a session whose WebSocket is gone is gone`, async (address) => {
  const session = await WebSocketSession.open(address);
  session.line.socket.close();
  await session.untilEnd();
  const { status } = await ask(address.at(`EIO=4&transport=polling&sid=${session.sid}`));
  expect(status).toBe(400);
});

requires(
  `${closing}: a session that was closed opens no more, with a code that says so`,
  async (address) => {
    const session = await PollingSession.open(address);
    await session.post("1");
    const answer = await session.poll();
    expect(answer.status).toBe(400);
    expect(JSON.parse(answer.text)).toMatchObject({ code: 1, message: "Session ID unknown" });
  },
);

requires(`${closing}: the end of a session does not end another one`, async (address) => {
  const [one, other] = await Promise.all([
    PollingSession.open(address),
    PollingSession.open(address),
  ]);
  await one.post("1");
  await other.send("4x");
  expect(await other.next()).toBe("4x");
});

/** A POST whose body does not end. */
function beginPost(session: PollingSession): { isBegun: Promise<void>; abandon(): void } {
  const headers = { "Content-Type": "text/plain", "Content-Length": 1_000, Expect: "100-continue" };
  const post = request(session.url, { method: "POST", headers });
  post.on("error", () => {});
  post.flushHeaders();
  // The server asks for the body when it has the head.
  const isBegun = within(once(post, "continue"), "100 Continue").then(() => {
    post.write("4x");
  });
  return { isBegun, abandon: () => post.destroy() };
}

/** Asks until the session is not there: the server learns of a hang-up when it comes. */
async function expectGone(session: PollingSession): Promise<void> {
  for (let tries = 0; tries < 10_000; tries += 1) {
    const { status } = await session.post("6");
    if (status === 400) return;
  }
  throw new Error("the session lives on");
}
