import { Agent } from "node:http";
import { expect } from "vitest";
import { ask } from "./http.ts";
import { PollingSession } from "./polling-session.ts";
import { requires } from "./requires.ts";
import type { Address } from "./suite.ts";
import { formatUpgrade, RawConnection } from "./upgrade-request.ts";

const section = "RFC 9112 §9.3";

/** A request as bytes, on a connection that stays open. */
function format(url: string, body?: string): string {
  const { host, pathname, search } = new URL(url);
  const head = `${body === undefined ? "GET" : "POST"} ${pathname}${search} HTTP/1.1\r\nHost: ${host}\r\n`;
  if (body === undefined) return `${head}\r\n`;
  return `${head}Content-Type: text/plain\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

requires(
  `${section}: a whole session goes over one connection that stays open`,
  async (address) => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const opened = await ask(address.at("EIO=4&transport=polling"), { agent });
    const { sid } = JSON.parse(opened.text.slice(1)) as { sid: string };
    const url = address.at(`EIO=4&transport=polling&sid=${sid}`);
    for (let round = 0; round < 20; round += 1) {
      const posted = await ask(url, { agent, method: "POST", body: `4${round}` });
      expect(posted.text).toBe("ok");
      expect((await ask(url, { agent })).text).toBe(`4${round}`);
    }
    expect(Object.values(agent.freeSockets).flat()).toHaveLength(1);
    agent.destroy();
  },
);

requires(`${section}.2: pipelined handshakes are answered in their order`, async (address) => {
  const connection = await RawConnection.open(address.url);
  connection.write(format(address.at("EIO=4&transport=polling")).repeat(5));
  const sids = new Set<string>();
  for (let index = 0; index < 5; index += 1) {
    const { status, text } = await connection.answer();
    expect(status).toBe(200);
    sids.add((JSON.parse(text.slice(1)) as { sid: string }).sid);
  }
  expect(sids.size).toBe(5);
  connection.socket.destroy();
});

requires(`${section}.2: a POST and the poll for its echo may be pipelined`, async (address) => {
  const { url } = await PollingSession.open(address);
  const connection = await RawConnection.open(address.url);
  for (const text of ["4one", "4two"]) {
    connection.write(format(url, text) + format(url));
    expect((await connection.answer()).text).toBe("ok");
    expect((await connection.answer()).text).toBe(text);
  }
  connection.socket.destroy();
});

requires(`${section}.2: a refusal within a pipeline does not end it`, async (address) => {
  const { url } = await PollingSession.open(address);
  const connection = await RawConnection.open(address.url);
  const bad = address.at("EIO=4&transport=polling&sid=nobody");
  connection.write(format(bad) + format(url, "4one") + format(bad, "4x") + format(url));
  const statuses: number[] = [];
  for (let index = 0; index < 4; index += 1) statuses.push((await connection.answer()).status);
  expect(statuses).toEqual([400, 200, 400, 200]);
  connection.socket.destroy();
});

requires(
  `${section}: an answer to a poll leaves the connection open for the next`,
  async (address) => {
    const session = await PollingSession.open(address);
    const connection = await RawConnection.open(address.url);
    for (let round = 0; round < 3; round += 1) {
      connection.write(format(session.url));
      await session.send(`4${round}`);
      expect((await connection.answer()).text).toBe(`4${round}`);
      expect(connection.isEnded).toBe(false);
    }
    connection.socket.destroy();
  },
);

requires("RFC 9112 §2.2: a request that comes byte by byte is answered", async (address) => {
  const connection = await RawConnection.open(address.url);
  connection.socket.setNoDelay(true);
  for (const byte of format(address.at("EIO=4&transport=polling"))) {
    connection.write(byte);
    await new Promise((resolve) => setImmediate(resolve));
  }
  const { status, text } = await connection.answer();
  expect(status).toBe(200);
  expect(text).toMatch(/^0\{/);
  connection.socket.destroy();
});

/** Bytes that are no WebSocket frame, in the packet that carries the upgrade request. */
const garbage: readonly (readonly [string, Buffer])[] = [
  ["letters", Buffer.from("0{this is no frame}")],
  ["an unmasked frame", Buffer.from("810432 70726f".replace(" ", ""), "hex")],
  ["reserved bits", Buffer.from("f186000000003270726f6265", "hex")],
  ["a length of 2^63", Buffer.from("81ffffffffffffffffff00000000", "hex")],
  ["another HTTP request", Buffer.from("GET / HTTP/1.1\r\nHost: x\r\n\r\n")],
];

async function expectSurvives(address: Address, query: string, bytes: Buffer): Promise<void> {
  const connection = await RawConnection.open(address.url);
  connection.write(Buffer.concat([Buffer.from(formatUpgrade(address.at(query))), bytes]));
  await connection.end();
  const session = await PollingSession.open(address);
  await session.send("4x");
  expect(await session.next()).toBe("4x");
}

for (const [what, bytes] of garbage) {
  requires(
    `RFC 6455 §5: ${what} in the packet of the upgrade request ends the connection`,
    async (address) => {
      await expectSurvives(address, "EIO=4&transport=websocket", bytes);
    },
  );
  requires(
    `RFC 6455 §5: ${what} in the packet of an upgrade request with a sid ends the connection alone`,
    async (address) => {
      const session = await PollingSession.open(address);
      await expectSurvives(address, `EIO=4&transport=websocket&sid=${session.sid}`, bytes);
      await session.send("4x");
      expect(await session.next()).toBe("4x");
    },
  );
}

requires("Engine.IO v4, Request path: what is beside it is the application's", async (address) => {
  const answer = await ask(`${address.url}/other?EIO=4&transport=polling`);
  expect(answer.text).not.toMatch(/^0\{/);
});
