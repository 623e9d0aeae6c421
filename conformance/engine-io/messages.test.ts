import { expect } from "vitest";
import { ask } from "./http.ts";
import { PollingSession, splitBody } from "./polling-session.ts";
import { requires, requiresOfBoth } from "./requires.ts";
import { type Packet, several } from "./session.ts";
import { joinBytes } from "./version3.ts";
import { WebSocketSession } from "./websocket-session.ts";

const message = "Engine.IO v4, Message";
const encoding = "Engine.IO v4, Packet encoding, HTTP long-polling";

const texts: readonly (readonly [string, string])[] = [
  ["a word", "hello"],
  ["an empty message", ""],
  ["one that looks like a packet", "4hello"],
  ["one that looks like bytes", "bAQIDBA=="],
  ["digits", "2"],
  ["two-byte letters", "été"],
  ["three-byte letters", "€ 漢字"],
  ["astral characters", "🙂𝒳"],
  ["a NUL", "a\0b"],
  ["line breaks of each kind", "\r\n\n\r\u2028\u2029"],
  ["a byte order mark", "\ufeffx"],
  ["a character that is none", "\uffff"],
  ["quotes and slashes", "\"\\'</script>"],
  ["100,000 characters", "é".repeat(100_000)],
];

for (const [what, text] of texts) {
  requiresOfBoth(
    message,
    (transport) => `by ${transport} a text goes both ways unchanged: ${what}`,
    async (open, address) => {
      const session = await open(address);
      await session.send(`4${text}`);
      expect(await session.next()).toBe(`4${text}`);
    },
  );
}

const binaries: readonly (readonly [string, Buffer])[] = [
  ["four bytes", Buffer.of(1, 2, 3, 4)],
  ["one byte", Buffer.of(255)],
  ["two bytes", Buffer.of(0, 128)],
  ["no bytes", Buffer.alloc(0)],
  ["each byte there is", Buffer.from(Array.from({ length: 256 }, (_, byte) => byte))],
  ["bytes that are no UTF-8", Buffer.from("fffe80c0", "hex")],
  ["100,001 bytes", Buffer.alloc(100_001, 7)],
];

for (const [what, bytes] of binaries) {
  requiresOfBoth(
    message,
    (transport) => `by ${transport} bytes go both ways unchanged: ${what}`,
    async (open, address) => {
      const session = await open(address);
      await session.send(bytes);
      expect(await session.next()).toEqual(bytes);
    },
  );
}

requiresOfBoth(
  message,
  (transport) => `by ${transport} text and bytes stay in their order`,
  async (open, address) => {
    const session = await open(address);
    const sent: Packet[] = [];
    for (let index = 0; index < 40; index += 1) {
      sent.push(index % 3 === 0 ? Buffer.of(index) : `4${index}`);
    }
    await session.send(...sent);
    expect(await several(session, sent.length)).toEqual(sent);
  },
);

requires(
  `${encoding}: the packets of a body are split at each record separator`,
  async (address) => {
    const session = await PollingSession.open(address);
    const answer = await session.post("4a\x1e4b\x1e4\x1e4c");
    expect([answer.status, answer.text]).toEqual([200, "ok"]);
    expect(await several(session, 4)).toEqual(["4a", "4b", "4", "4c"]);
  },
);

requires(`${encoding}: what waits for a poll comes in one body`, async (address) => {
  const session = await PollingSession.open(address);
  await session.send("4!send 5");
  const answer = await session.poll();
  const packets = splitBody(answer.text);
  // Nothing polled when they were sent: all there is goes with the first one.
  expect(packets).toEqual(["40", "41", "42", "43", "44"]);
});

requires(`${encoding}: bytes are base64 behind a b`, async (address) => {
  const session = await PollingSession.open(address);
  await session.post("bAQIDBA==");
  expect((await session.poll()).text).toBe("bAQIDBA==");
});

requires(`${encoding}: text and bytes share a body`, async (address) => {
  const session = await PollingSession.open(address);
  await session.post("4hello\x1ebAQIDBA==\x1e4€");
  expect((await session.poll()).text).toBe("4hello\x1ebAQIDBA==\x1e4€");
});

requires(`${encoding}: an answer with bytes is text, too`, async (address) => {
  const session = await PollingSession.open(address);
  await session.post("bAQIDBA==");
  const { headers } = await session.poll();
  expect(headers["content-type"]).toMatch(/^text\/plain; charset=utf-8$/i);
});

requires("Engine.IO v4, Sending data: a POST is answered with 200 and ok", async (address) => {
  const session = await PollingSession.open(address);
  const answer = await session.post("4x");
  expect([answer.status, answer.text]).toEqual([200, "ok"]);
  expect(answer.headers["content-length"]).toBe("2");
  expect(answer.headers["cache-control"]).toBe("no-store");
});

for (const [what, type] of [
  ["text/plain", "text/plain"],
  ["a form's", "application/x-www-form-urlencoded"],
  ["JSON's", "application/json"],
  ["missing", null],
] as const) {
  requires(
    `Engine.IO v4, Headers: a body is read as text, its type being ${what}`,
    async (address) => {
      const session = await PollingSession.open(address);
      const answer =
        type === null
          ? await ask(session.url, { method: "POST", body: "4x" })
          : await session.post("4x", { headers: { "Content-Type": type } });
      expect(answer.status).toBe(200);
      expect(await session.next()).toBe("4x");
    },
  );
}

requires(
  "Engine.IO v4, Headers: a body of bytes is refused with 400, and ends the session",
  async (address) => {
    const session = await PollingSession.open(address);
    const headers = { "Content-Type": "application/octet-stream" };
    // As version 3 has it, so that nothing but its type is wrong.
    const answer = await session.post(joinBytes("4x"), { headers });
    expect(answer.status).toBe(400);
    expect(await session.untilEnd()).toEqual([]);
  },
);

requires(
  `${encoding}: a character that is cut between two packets of TCP stays whole`,
  async (address) => {
    const session = await PollingSession.open(address);
    const text = "é€🙂".repeat(60_000); // more than one read
    await session.send(`4${text}`);
    expect((await session.next()) === `4${text}`).toBe(true);
  },
);

requires("Engine.IO v4, Receiving data: a poll waits until there is something", async (address) => {
  const session = await PollingSession.open(address);
  const poll = session.poll();
  // Not answered for the time that a whole exchange of another session takes.
  const other = await PollingSession.open(address);
  await other.send("4x");
  await other.next();
  let isAnswered = false;
  void poll.then(() => {
    isAnswered = true;
  });
  await new Promise((resolve) => setImmediate(resolve));
  expect(isAnswered).toBe(false);
  await session.send("4now");
  expect((await poll).text).toBe("4now");
});

requires(
  "Engine.IO v4, Receiving data: what waits comes with the next poll, each message once",
  async (address) => {
    const session = await PollingSession.open(address);
    for (let index = 0; index < 5; index += 1) await session.send(`4${index}`);
    expect(await several(session, 5)).toEqual(["40", "41", "42", "43", "44"]);
    await session.send("4last");
    expect(await session.next()).toBe("4last");
  },
);

requires(
  "Engine.IO v4, Packet encoding, WebSocket: each packet has a frame of its own",
  async (address) => {
    const session = await WebSocketSession.open(address);
    await session.send("4!send 3");
    expect(await several(session, 3)).toEqual(["40", "41", "42"]);
  },
);

requires(
  "Engine.IO v4, Packet encoding, WebSocket: a record separator is part of the text",
  async (address) => {
    const session = await WebSocketSession.open(address);
    await session.send("4a\x1e4b");
    expect(await session.next()).toBe("4a\x1e4b");
  },
);

requires(
  "engine.io, WebSocket: base64 behind a b is read as bytes, as in a body",
  async (address) => {
    const session = await WebSocketSession.open(address);
    await session.send("bAQIDBA==");
    expect(await session.next()).toEqual(Buffer.of(1, 2, 3, 4));
  },
);

const unknown: readonly (readonly [string, Packet])[] = [
  ["the type 7", "7"],
  ["the type 9", "9x"],
  ["a letter", "abc"],
  ["a brace", '{"sid":"x"}'],
  ["an empty packet", ""],
  ["a space", " 4x"],
  ["a minus", "-1"],
  ["a digit of another script", "٤x"],
];

for (const [what, packet] of unknown) {
  requiresOfBoth(
    "Engine.IO v4, Protocol",
    (transport) => `by ${transport} a packet without a known type ends the session: ${what}`,
    async (open, address) => {
      const session = await open(address);
      // By polling the answer may be a refusal already.
      await session.send(packet).catch(() => undefined);
      expect(await session.untilEnd()).toEqual([]);
    },
  );
}

for (const [what, packet] of [
  ["open", "0"],
  ["upgrade", "5"],
  ["noop", "6"],
] as const) {
  requiresOfBoth(
    "Engine.IO v4, Protocol",
    (transport) => `by ${transport} ${what}, where it has no meaning, is ignored`,
    async (open, address) => {
      const session = await open(address);
      await session.send(packet, "4still here");
      expect(await session.next()).toBe("4still here");
    },
  );
}

requires("engine.io, maxHttpBufferSize: a body of just the size is taken", async (address) => {
  const session = await PollingSession.open(address);
  const { maxPayload } = session.handshake;
  const answer = await session.post(`4${"x".repeat(maxPayload - 1)}`);
  expect(answer.status).toBe(200);
  expect((await session.next()).length).toBe(maxPayload);
});

requires(
  "engine.io, maxHttpBufferSize: a body of one byte more is refused with 413",
  async (address) => {
    const session = await PollingSession.open(address);
    const { maxPayload } = session.handshake;
    const answer = await session.post(`4${"x".repeat(maxPayload)}`);
    expect(answer.status).toBe(413);
  },
);

requires("engine.io, maxHttpBufferSize: bytes count, not characters", async (address) => {
  const session = await PollingSession.open(address);
  const { maxPayload } = session.handshake;
  const answer = await session.post(`4${"€".repeat(Math.ceil(maxPayload / 3))}`);
  expect(answer.status).toBe(413);
});

requires(
  "engine.io, maxHttpBufferSize: a chunked body that grows too long is refused with 413",
  async (address) => {
    const session = await PollingSession.open(address);
    const { maxPayload } = session.handshake;
    const headers = { "Transfer-Encoding": "chunked" };
    const answer = await session.post(`4${"x".repeat(maxPayload)}`, { headers });
    expect(answer.status).toBe(413);
  },
);

requires(
  "engine.io, maxHttpBufferSize: a message of just the size is taken by WebSocket",
  async (address) => {
    const session = await WebSocketSession.open(address);
    const { maxPayload } = session.handshake;
    await session.send(`4${"x".repeat(maxPayload - 1)}`);
    expect((await session.next()).length).toBe(maxPayload);
  },
);

requires(
  "engine.io, maxHttpBufferSize: a longer message by WebSocket ends the session with 1009",
  async (address) => {
    const session = await WebSocketSession.open(address);
    const { maxPayload } = session.handshake;
    await session.send(`4${"x".repeat(maxPayload)}`);
    expect(await session.untilEnd()).toEqual([]);
    expect(session.line.code).toBe(1009);
  },
);

requires(
  "engine.io, maxHttpBufferSize: the limit is the one that was set",
  async (address) => {
    const session = await PollingSession.open(address);
    expect((await session.post(`4${"x".repeat(99)}`)).status).toBe(200);
    expect((await session.post(`4${"x".repeat(100)}`)).status).toBe(413);
  },
  { maxHttpBufferSize: 100 },
);
