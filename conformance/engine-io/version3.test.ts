import type { EngineOptions } from "openline";
import { expect } from "vitest";
import { ask } from "./http.ts";
import { requires, requiresBeating } from "./requires.ts";
import { type Packet, readHandshake } from "./session.ts";
import type { Address } from "./suite.ts";
import { joinBytes, joinText, splitAnswer, Version3Session } from "./version3.ts";
import { Line } from "./websocket-session.ts";

const old: EngineOptions = { allowEIO3: true };
const handshake = "Engine.IO v3, Anatomy of an Engine.IO session";
const encoding = "Engine.IO v3, Payload";

async function openWebSocket(address: Address): Promise<Line> {
  const line = await Line.connect(address.at("EIO=3&transport=websocket"));
  line.answersPings = false;
  return line;
}

requires(
  `${handshake}: by polling a session begins with an open packet behind its length`,
  async (address) => {
    const answer = await ask(address.at("EIO=3&transport=polling"));
    const colon = answer.text.indexOf(":");
    expect(Number(answer.text.slice(0, colon))).toBe(answer.text.length - colon - 1);
    expect(readHandshake(answer.text.slice(colon + 1))).toMatchObject({
      sid: expect.any(String),
      upgrades: ["websocket"],
      pingInterval: expect.any(Number),
      pingTimeout: expect.any(Number),
    });
  },
  old,
);

for (const query of ["EIO=3&", ""]) {
  requires(
    `${handshake}: by websocket a session begins with an open packet, asked for with ${query || "no version"}`,
    async (address) => {
      const line = await Line.connect(address.at(`${query}transport=websocket`));
      expect(readHandshake(await line.next()).upgrades).toEqual([]);
    },
    old,
  );
}

requires(
  `${handshake}: version 4 is spoken beside it`,
  async (address) => {
    const answer = await ask(address.at("EIO=4&transport=polling"));
    expect(answer.text).toMatch(/^0\{/);
  },
  old,
);

const texts: readonly (readonly [string, string])[] = [
  ["a word", "hello"],
  ["nothing", ""],
  ["three-byte letters", "€ 漢字"],
  ["astral characters", "🙂𝒳"],
  ["what looks like a length", "3:4ab"],
  ["a record separator", "a\x1eb"],
];

for (const [what, text] of texts) {
  requires(
    `${encoding}: a text goes both ways behind its length in UTF-16 units: ${what}`,
    async (address) => {
      const session = await Version3Session.open(address);
      const posted = await session.post(joinText(`4${text}`));
      expect([posted.status, posted.text]).toEqual([200, "ok"]);
      expect((await session.poll()).text).toBe(joinText(`4${text}`));
    },
    old,
  );
  requires(
    `${encoding}: a text goes to the server in a body of bytes, behind its length in bytes: ${what}`,
    async (address) => {
      const session = await Version3Session.open(address);
      expect((await session.post(joinBytes(`4${text}`))).status).toBe(200);
      expect((await session.poll()).text).toBe(joinText(`4${text}`));
    },
    old,
  );
}

requires(
  `${encoding}: many texts share a body`,
  async (address) => {
    const session = await Version3Session.open(address);
    await session.post(joinText("4one", "4€", "4", "4four"));
    const packets: Packet[] = [];
    while (packets.length < 4) packets.push(...(await session.next()));
    expect(packets).toEqual(["4one", "4€", "4", "4four"]);
  },
  old,
);

requires(
  `${encoding}: bytes are base64 in a text body of a client with b64=1`,
  async (address) => {
    const session = await Version3Session.open(address, "&b64=1");
    await session.post(joinText("b4AQIDBA=="));
    const answer = await session.poll();
    expect(answer.headers["content-type"]).toMatch(/^text\/plain/);
    expect(answer.text).toBe("10:b4AQIDBA==");
  },
  old,
);

requires(
  `${encoding}: bytes come in a body of bytes to a client without b64`,
  async (address) => {
    const session = await Version3Session.open(address);
    await session.post(joinText("b4AQIDBA=="));
    const answer = await session.poll();
    expect(answer.headers["content-type"]).toBe("application/octet-stream");
    expect(answer.bytes.toString("hex")).toBe("0105ff0401020304");
  },
  old,
);

requires(
  `${encoding}: text and bytes share a body of bytes, both ways`,
  async (address) => {
    const session = await Version3Session.open(address);
    const packets: Packet[] = ["4one", Buffer.of(1, 2, 3), "4€ 🙂", Buffer.alloc(300, 9)];
    expect((await session.post(joinBytes(...packets))).status).toBe(200);
    const received: Packet[] = [];
    while (received.length < 4) received.push(...splitAnswer(await session.poll()));
    expect(received).toEqual(packets);
  },
  old,
);

const broken: readonly (readonly [string, string | Buffer])[] = [
  ["an empty text", ""],
  ["no length", "4hello"],
  ["no colon", "5"],
  ["a length that is too long", "9:4a"],
  ["a length that is none", "x:4a"],
  ["a negative length", "-2:4a"],
  ["a packet of no type", "2:9a"],
  ["a length of 400 digits", `${"9".repeat(400)}:4a`],
  ["version 4's separators", "4a\x1e4b"],
];

for (const [what, body] of broken) {
  requires(
    `${encoding}: a broken body ends the session: ${what}`,
    async (address) => {
      const session = await Version3Session.open(address);
      await session.post(body);
      expect(await isOver(session)).toBe(true);
    },
    old,
  );
}

const brokenBytes: readonly (readonly [string, string])[] = [
  ["another kind than 0 and 1", "0201ff34"],
  ["a length without its end", "0001"],
  ["a length beyond the body", "0009ff3461"],
  ["a digit of 200", "00c8ff34"],
  ["bytes of another type than 4", "0102ff0901"],
];

for (const [what, hex] of brokenBytes) {
  requires(
    `${encoding}: a broken body of bytes ends the session: ${what}`,
    async (address) => {
      const session = await Version3Session.open(address);
      await session.post(Buffer.from(hex, "hex"));
      expect(await isOver(session)).toBe(true);
    },
    old,
  );
}

requires(
  "Engine.IO v3, Packet: by websocket text goes both ways, and bytes behind a 4",
  async (address) => {
    const line = await openWebSocket(address);
    await line.next();
    line.send("4€", Buffer.of(4, 1, 2, 3));
    expect(await line.next()).toBe("4€");
    expect(await line.next()).toEqual(Buffer.of(4, 1, 2, 3));
  },
  old,
);

requires(
  "Engine.IO v3, Packet, ping: by websocket a client's ping is answered with a pong",
  async (address) => {
    const line = await openWebSocket(address);
    await line.next();
    line.send("2");
    expect(await line.next()).toBe("3");
  },
  old,
);

requires(
  "Engine.IO v3, Packet, ping: the pong has the data of the ping",
  async (address) => {
    const line = await openWebSocket(address);
    await line.next();
    line.send("2data");
    expect(await line.next()).toBe("3data");
  },
  old,
);

requires(
  "Engine.IO v3, Packet, ping: by polling a client's ping is answered with a pong",
  async (address) => {
    const session = await Version3Session.open(address);
    await session.post(joinText("2"));
    expect(await session.next()).toEqual(["3"]);
  },
  old,
);

requires(
  "Engine.IO v3, Packet, ping: a pong of the client ends the session",
  async (address) => {
    const line = await openWebSocket(address);
    await line.next();
    line.send("3");
    expect(await line.untilEnd()).toEqual([]);
  },
  old,
);

requiresBeating(
  "Engine.IO v3, Timeouts: a client that pings is kept, and no ping is sent to it",
  async (address) => {
    const line = await openWebSocket(address);
    const { pingInterval, pingTimeout } = readHandshake(await line.next());
    const start = performance.now();
    while (performance.now() - start < 1.5 * (pingInterval + pingTimeout)) {
      line.send("2");
      expect(await line.next()).toBe("3");
      await new Promise((resolve) => setTimeout(resolve, pingInterval / 4));
    }
  },
  old,
);

requiresBeating(
  "Engine.IO v3, Timeouts: a client that does not ping is lost",
  async (address) => {
    const line = await openWebSocket(address);
    const { pingInterval, pingTimeout } = readHandshake(await line.next());
    const start = performance.now();
    expect(await line.untilEnd()).toEqual([]);
    expect(performance.now() - start).toBeGreaterThan((pingInterval + pingTimeout) * 0.8);
  },
  old,
);

requires(
  "Engine.IO v3, Transport upgrading: a session changes to websocket, with what waited",
  async (address) => {
    const session = await Version3Session.open(address);
    await session.post(joinText("4waiting"));
    const url = address.at(`EIO=3&transport=websocket&sid=${session.sid}`);
    const line = await Line.connect(url);
    line.send("2probe");
    expect(await line.next()).toBe("3probe");
    line.send("5", "4x", Buffer.of(4, 1));
    expect(await line.next()).toBe("4waiting");
    expect(await line.next()).toBe("4x");
    expect(await line.next()).toEqual(Buffer.of(4, 1));
  },
  old,
);

requires(
  "Engine.IO v3, Transport upgrading: a probe lets a poll go with a noop behind its length",
  async (address) => {
    const session = await Version3Session.open(address);
    const poll = session.poll();
    const line = await Line.connect(address.at(`EIO=3&transport=websocket&sid=${session.sid}`));
    line.send("2probe");
    expect((await poll).text).toBe("1:6");
  },
  old,
);

requires(
  "Engine.IO v3, Packet: a close packet ends the session",
  async (address) => {
    const session = await Version3Session.open(address);
    expect((await session.post(joinText("1"))).text).toBe("ok");
    expect(await isOver(session)).toBe(true);
  },
  old,
);

requires(
  `${handshake}: a poll in version 4 of a session in version 3 is refused`,
  async (address) => {
    const { sid } = await Version3Session.open(address);
    const answer = await ask(address.at(`EIO=4&transport=polling&sid=${sid}`));
    expect(answer.status).toBe(400);
  },
  old,
);

/** Polls until it is refused; the farewell may come first. */
async function isOver(session: Version3Session): Promise<boolean> {
  for (let polls = 0; polls < 3; polls += 1) {
    if ((await session.poll()).status === 400) return true;
  }
  return false;
}
