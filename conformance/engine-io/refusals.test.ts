import { expect } from "vitest";
import { type Answer, ask } from "./http.ts";
import { PollingSession } from "./polling-session.ts";
import { requires } from "./requires.ts";
import type { Address } from "./suite.ts";
import { askUpgrade, formatUpgrade, RawConnection } from "./upgrade-request.ts";
import { WebSocketSession } from "./websocket-session.ts";

const polling = "Engine.IO v4, HTTP long-polling";
const websocket = "Engine.IO v4, WebSocket";

const messages: Readonly<Record<number, string>> = {
  0: "Transport unknown",
  1: "Session ID unknown",
  2: "Bad handshake method",
  3: "Bad request",
  4: "Forbidden",
  5: "Unsupported protocol version",
};

/** A refusal names its code and says what it means; more may be told. */
function expectRefusal(answer: Answer, code: number, query: string): void {
  expect(answer.status, query).toBe(code === 4 ? 403 : 400);
  expect(answer.headers["content-type"], query).toMatch(/^application\/json/);
  expect(JSON.parse(answer.text), query).toMatchObject({ code, message: messages[code] });
}

/** Requests that no session is needed for. */
const refused: readonly (readonly [what: string, query: string, code: number])[] = [
  ["no transport", "EIO=4", 0],
  ["an empty transport", "EIO=4&transport=", 0],
  ["an unknown transport", "EIO=4&transport=carrier-pigeon", 0],
  ["a transport in capitals", "EIO=4&transport=POLLING", 0],
  ["a transport that is named twice, wrongly at last", "EIO=4&transport=polling&transport=x", 0],
  ["the transport __proto__", "EIO=4&transport=__proto__", 0],
  ["the transport constructor", "EIO=4&transport=constructor", 0],
  ["the transport flashsocket of old", "EIO=4&transport=flashsocket", 0],
];

for (const [what, query, code] of refused) {
  requires(`${polling}, Query parameters: ${what} is refused with 400`, async (address) => {
    expectRefusal(await ask(address.at(query)), code, query);
  });
  requires(`${websocket}: an upgrade with ${what} is refused with 400`, async (address) => {
    const answer = await askUpgrade(address.at(query));
    expect(answer.status).toBe(400);
  });
}

const unknownSids: readonly (readonly [string, string])[] = [
  ["a session id that nobody made", "lv_VI97HAXpY6yYWAAAC"],
  ["the session id __proto__", "__proto__"],
  ["the session id constructor", "constructor"],
  ["the session id hasOwnProperty", "hasOwnProperty"],
  ["a session id of 5,000 characters", "x".repeat(5_000)],
  ["a session id with percent signs that encode nothing", "%E0%A4%A"],
];

for (const [what, sid] of unknownSids) {
  requires(
    `${polling}, Receiving data: a poll with ${what} is refused with 400`,
    async (address) => {
      const query = `EIO=4&transport=polling&sid=${sid}`;
      expectRefusal(await ask(address.at(query)), 1, query);
    },
  );
  requires(`${polling}, Sending data: a POST with ${what} is refused with 400`, async (address) => {
    const query = `EIO=4&transport=polling&sid=${sid}`;
    expectRefusal(await ask(address.at(query), { method: "POST", body: "4x" }), 1, query);
  });
  requires(
    `Engine.IO v4, Upgrade: an upgrade with ${what} is refused with 400`,
    async (address) => {
      const answer = await askUpgrade(address.at(`EIO=4&transport=websocket&sid=${sid}`));
      expect(answer.status).toBe(400);
    },
  );
}

for (const method of ["POST", "PUT", "DELETE", "PATCH", "HEAD"]) {
  requires(
    `Engine.IO v4, Handshake: a handshake by ${method} is refused with 400`,
    async (address) => {
      const answer = await ask(address.at("EIO=4&transport=polling"), { method });
      expect(answer.status).toBe(400);
      if (method !== "HEAD") expectRefusal(answer, 2, method);
    },
  );
}

const versions: readonly (readonly [string, string])[] = [
  ["no version", "transport="],
  ["the version 3", "EIO=3&transport="],
  ["the version 2", "EIO=2&transport="],
  ["the version 5", "EIO=5&transport="],
  ["the version abc", "EIO=abc&transport="],
];

for (const [what, query] of versions) {
  requires(`${polling}, Query parameters: ${what} is refused with 400`, async (address) => {
    expectRefusal(await ask(address.at(`${query}polling`)), 5, query);
  });
  requires(`${websocket}: ${what} is refused`, async (address) => {
    await expectNoSession(address, `${query}websocket`);
  });
}

requires(`${websocket}: a request that is no upgrade is refused with 400`, async (address) => {
  expectRefusal(await ask(address.at("EIO=4&transport=websocket")), 3, "");
});

requires(`${websocket}: an upgrade by POST is refused with 400`, async (address) => {
  const answer = await askUpgrade(address.at("EIO=4&transport=websocket"), {}, "POST");
  expect(answer.status).toBe(400);
});

requires(`${polling}: an upgrade request for polling opens no session`, async (address) => {
  await expectNoSession(address, "EIO=4&transport=polling");
});

requires(
  `${websocket}: a request that is no upgrade, within a session, is refused`,
  async (address) => {
    const { sid } = await PollingSession.open(address);
    expectRefusal(await ask(address.at(`EIO=4&transport=websocket&sid=${sid}`)), 3, "");
  },
);

requires(`${polling}: a poll of a session by WebSocket is refused with 400`, async (address) => {
  const { sid } = await WebSocketSession.open(address);
  expectRefusal(await ask(address.at(`EIO=4&transport=polling&sid=${sid}`)), 3, "");
});

for (const query of ["EIO=3&", "", "EIO=5&"]) {
  requires(
    `${polling}, Query parameters: a poll with ${query || "no version "}in a session of version 4 is refused`,
    async (address) => {
      const { sid } = await PollingSession.open(address);
      expectRefusal(await ask(address.at(`${query}transport=polling&sid=${sid}`)), 3, query);
    },
  );
}

requires(
  "engine.io, transports: a transport that is switched off is refused with 400",
  async (address) => {
    expectRefusal(await ask(address.at("EIO=4&transport=polling")), 0, "");
    const session = await WebSocketSession.open(address);
    expect(session.handshake.upgrades).toEqual([]);
  },
  { transports: ["websocket"] },
);

requires(
  "engine.io, allowRequest: who is not let in is refused with 403",
  async (address) => {
    const answer = await ask(address.at("EIO=4&transport=polling"));
    expect(answer.status).toBe(403);
    expect(JSON.parse(answer.text)).toEqual({ code: 4, message: "not today" });
  },
  { allowRequest: (_request, callback) => callback("not today", false) },
);

requires(
  "engine.io, allowRequest: without a message the refusal says Forbidden",
  async (address) => {
    expectRefusal(await ask(address.at("EIO=4&transport=polling")), 4, "");
  },
  { allowRequest: (_request, callback) => callback(null, false) },
);

/** What answers of refused upgrades are held to, where they are answered at all. */
const upgradeRefusals: readonly (readonly [code: number, query: string])[] = [
  [0, "EIO=4&transport=tube"],
  [1, "EIO=4&transport=websocket&sid=nobody"],
  [5, "EIO=3&transport=websocket"],
];

for (const [code, query] of upgradeRefusals) {
  requires(
    `engine.io, errors: a refused upgrade is told code ${code} in JSON, as a refused request is`,
    async (address) => {
      expectRefusal(await askUpgrade(address.at(query)), code, query);
    },
  );
}

requires(
  "engine.io, errors: a refused upgrade is told code 4 in JSON, as a refused request is",
  async (address) => {
    expectRefusal(await askUpgrade(address.at("EIO=4&transport=websocket")), 4, "");
  },
  { allowRequest: (_request, callback) => callback(null, false) },
);

/** Refused before the upgrade, or right behind it: no session comes of it. */
async function expectNoSession(address: Address, query: string): Promise<void> {
  const connection = await RawConnection.open(address.url);
  connection.write(formatUpgrade(address.at(query)));
  const { status } = await connection.answer();
  if (status === 101) {
    await connection.until((bytes) => bytes.length > 0 || connection.isEnded, "what comes behind");
    expect(connection.received[0], "a text frame: the open packet").not.toBe(0x81);
  } else expect(status).toBe(400);
  connection.socket.destroy();
}
