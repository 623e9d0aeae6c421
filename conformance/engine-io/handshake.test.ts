import { expect } from "vitest";
import { ask } from "./http.ts";
import { PollingSession } from "./polling-session.ts";
import { requires, requiresOfBoth } from "./requires.ts";
import { WebSocketSession } from "./websocket-session.ts";

const section = "Engine.IO v4, Handshake";

requiresOfBoth(
  section,
  (transport) => `by ${transport} a session begins with an open packet`,
  async (open, address) => {
    const { handshake } = await open(address);
    expect(handshake).toEqual({
      sid: expect.any(String),
      upgrades: expect.any(Array),
      pingInterval: expect.any(Number),
      pingTimeout: expect.any(Number),
      maxPayload: expect.any(Number),
    });
    expect(handshake.sid).not.toBe("");
  },
);

requires(`${section}: polling offers the upgrade to websocket`, async (address) => {
  const { handshake } = await PollingSession.open(address);
  expect(handshake.upgrades).toEqual(["websocket"]);
});

requires(`${section}: websocket offers no upgrade`, async (address) => {
  const { handshake } = await WebSocketSession.open(address);
  expect(handshake.upgrades).toEqual([]);
});

requires(
  `${section}: no upgrade is offered where none is allowed`,
  async (address) => {
    const { handshake } = await PollingSession.open(address);
    expect(handshake.upgrades).toEqual([]);
  },
  { allowUpgrades: false },
);

requires(
  `${section}: the times and the size are those that were set`,
  async (address) => {
    const { handshake } = await PollingSession.open(address);
    expect(handshake).toMatchObject({
      pingInterval: 12_345,
      pingTimeout: 6_789,
      maxPayload: 98_765,
    });
  },
  { pingInterval: 12_345, pingTimeout: 6_789, maxHttpBufferSize: 98_765 },
);

requires(`${section}: by polling the answer is 200, text in UTF-8`, async (address) => {
  const answer = await ask(address.at("EIO=4&transport=polling"));
  expect(answer.status).toBe(200);
  expect(answer.headers["content-type"]).toMatch(/^text\/plain; charset=utf-8$/i);
  expect(answer.headers["content-length"]).toBe(String(answer.bytes.length));
});

requires(`${section}: answers are not to be cached`, async (address) => {
  const answer = await ask(address.at("EIO=4&transport=polling"));
  expect(answer.headers["cache-control"]).toBe("no-store");
});

requires(
  `${section}: the cache-buster t is ignored, and so is what nobody knows`,
  async (address) => {
    for (const query of ["t=N8hyd6w", "t=", "t=1&t=2", "x=%E0%A4%A", "__proto__=1", "toString=1"]) {
      const answer = await ask(address.at(`EIO=4&transport=polling&${query}`));
      expect(answer.status, query).toBe(200);
      expect(answer.text, query).toMatch(/^0\{/);
    }
  },
);

requires(`${section}: an empty sid opens a new session`, async (address) => {
  const answer = await ask(address.at("EIO=4&transport=polling&sid="));
  expect(answer.status).toBe(200);
  expect(answer.text).toMatch(/^0\{/);
});

requires(`${section}: no session id comes twice, by any transport`, async (address) => {
  const opening = Array.from({ length: 100 }, (_, index) =>
    index % 4 === 0 ? WebSocketSession.open(address) : PollingSession.open(address),
  );
  const sessions = await Promise.all(opening);
  expect(new Set(sessions.map(({ sid }) => sid)).size).toBe(100);
});

requires("OWASP session ids: an id holds at least 128 random bits", async (address) => {
  const opening = Array.from({ length: 200 }, () => PollingSession.open(address));
  const sids = (await Promise.all(opening)).map(({ sid }) => sid);
  // Six bits a character at most, and only those characters count that differ between ids.
  const length = Math.min(...sids.map((sid) => sid.length));
  let bits = 0;
  for (let at = 0; at < length; at += 1) {
    const seen = new Set(sids.map((sid) => sid[at])).size;
    bits += Math.min(6, Math.log2(seen) > 5 ? 6 : Math.floor(Math.log2(seen)));
  }
  expect(bits).toBeGreaterThanOrEqual(128);
});

requires(
  "engine.io, initialPacket: it comes right behind the open packet",
  async (address) => {
    const polling = await PollingSession.open(address);
    const websocket = await WebSocketSession.open(address);
    expect(await polling.next()).toBe("4welcome");
    expect(await websocket.next()).toBe("4welcome");
  },
  { initialPacket: "welcome" },
);
