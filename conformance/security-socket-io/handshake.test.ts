import { expect } from "vitest";
import { ask } from "../engine-io/http.ts";
import { PollingSession } from "../engine-io/polling-session.ts";
import { askUpgrade, formatUpgrade, RawConnection } from "../engine-io/upgrade-request.ts";
import { joinBytes } from "../engine-io/version3.ts";
import { attack, resists } from "./victim.ts";

/** Bytes that are no frame, or not a client's. */
const garbage: readonly (readonly [string, Buffer])[] = [
  ["letters", Buffer.from("this is no frame, not at all")],
  ["reserved bits", Buffer.from("f18600000000327072 6f6265".replaceAll(" ", ""), "hex")],
  ["an unmasked frame", Buffer.from("810232 70".replaceAll(" ", ""), "hex")],
];

/** Sends garbage in the packet of the upgrade request; returns the code of the Close frame. */
async function closeCode(url: string, bytes: Buffer): Promise<number | null> {
  const connection = await RawConnection.open(url);
  connection.write(Buffer.concat([Buffer.from(formatUpgrade(url)), bytes]));
  expect((await connection.answer()).status).toBe(101);
  await connection.end();
  const at = connection.received.indexOf(0x88);
  return at === -1 ? null : connection.received.readUInt16BE(at + 2);
}

for (const [what, bytes] of garbage) {
  resists(
    "H5 (CVE-2022-21676)",
    `${what} in the packet of an upgrade without a sid`,
    async (victim) => {
      await attack(victim, async () => {
        for (let round = 0; round < 20; round += 1) {
          expect(await closeCode(victim.at("EIO=4&transport=websocket"), bytes)).toBe(1002);
        }
      });
    },
  );

  resists(
    "H5 (CVE-2022-21676)",
    `${what} in the packet of an upgrade with a sid`,
    async (victim) => {
      await attack(victim, async () => {
        const session = await PollingSession.open(victim);
        for (let round = 0; round < 20; round += 1) {
          const url = victim.at(`EIO=4&transport=websocket&sid=${session.sid}`);
          expect(await closeCode(url, bytes)).toBe(1002);
        }
        await session.send("1");
      });
    },
  );
}

const names = ["__proto__", "constructor", "toString", "hasOwnProperty", "__defineGetter__"];

resists(
  "H7 (CVE-2023-31125)",
  "a transport named as a property of Object is refused with 400",
  async (victim) => {
    await attack(victim, async () => {
      for (const name of names) {
        const query = `EIO=4&transport=${name}`;
        expect((await ask(victim.at(query))).status, name).toBe(400);
        expect((await askUpgrade(victim.at(query))).status, name).toBe(400);
        expect((await askUpgrade(victim.at(`${query}&sid=${name}`))).status, name).toBe(400);
      }
    });
  },
);

resists(
  "H8 (CVE-2026-59724)",
  "a sid named as a property of Object is refused with 400",
  async (victim) => {
    await attack(victim, async () => {
      for (const name of names) {
        const query = `EIO=4&transport=polling&sid=${name}`;
        expect((await ask(victim.at(query))).status, name).toBe(400);
        expect((await ask(victim.at(query), { method: "POST", body: "4x" })).status).toBe(400);
        const upgrade = victim.at(`EIO=4&transport=websocket&sid=${name}`);
        expect((await askUpgrade(upgrade)).status, name).toBe(400);
      }
    });
  },
);

resists(
  "H9 (CVE-2026-102599)",
  "an upgrade in another version than its session's is refused with 400",
  async (victim) => {
    await attack(victim, async () => {
      const session = await PollingSession.open(victim);
      for (const version of ["", "EIO=3&", "EIO=5&", "EIO=&"]) {
        const url = victim.at(`${version}transport=websocket&sid=${session.sid}`);
        expect((await askUpgrade(url)).status, version).toBe(400);
      }
      await session.send("1");
    });
  },
);

resists(
  "H9 (CVE-2026-102599)",
  "the same where version 3 is allowed",
  async (victim) => {
    await attack(victim, async () => {
      const session = await PollingSession.open(victim);
      for (const version of ["", "EIO=3&"]) {
        const url = victim.at(`${version}transport=websocket&sid=${session.sid}`);
        expect((await askUpgrade(url)).status, version).toBe(400);
      }
      await session.send("1");
    });
  },
  { allowEIO3: true },
);

resists(
  "H10 (CVE-2026-59725)",
  "bodies of bytes are refused with 400, and end their sessions",
  async (victim) => {
    await attack(victim, async () => {
      const headers = { "Content-Type": "application/octet-stream" };
      for (let round = 0; round < 10; round += 1) {
        const sessions = await Promise.all(
          Array.from({ length: 30 }, () => PollingSession.open(victim)),
        );
        // As version 3 has them, which takes such bodies, and as nobody has them.
        const body = round % 2 === 0 ? joinBytes("6") : Buffer.alloc(1_000);
        const answers = await Promise.all(
          sessions.map((session) => session.post(body, { headers })),
        );
        expect(answers.every(({ status }) => status === 400)).toBe(true);
        const polls = await Promise.all(sessions.map((session) => session.poll()));
        expect(polls.every(({ status }) => status === 400)).toBe(true);
      }
    });
  },
);

for (const [what, packet] of [
  ["noops", "6"],
  ["empty packets", ""],
  ["empty messages", "4"],
] as const) {
  resists(
    "H11 (CVE-2020-36048)",
    `a body of very many ${what} is refused with 400 and ends the session`,
    async (victim) => {
      await attack(victim, async () => {
        const count = Math.floor(1_000_000 / (packet.length + 1));
        const body = Array.from({ length: count }, () => packet).join("\x1e");
        for (let round = 0; round < 5; round += 1) {
          const session = await PollingSession.open(victim);
          expect((await session.post(body)).status).toBe(400);
          await session.untilEnd();
        }
      });
    },
  );
}

resists("H11 (CVE-2020-36048)", "a body beyond 1 MB is refused with 413", async (victim) => {
  await attack(victim, async () => {
    const session = await PollingSession.open(victim);
    expect((await session.post("6\x1e".repeat(500_001))).status).toBe(413);
    await session.send("1");
  });
});

/** Posts a byte at a time until there is an answer, whose status it returns. */
async function drip(url: string): Promise<number> {
  const connection = await RawConnection.open(url);
  const { pathname, search, host } = new URL(url);
  connection.write(
    Buffer.from(
      `POST ${pathname}${search} HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 100000\r\n\r\n4`,
    ),
  );
  const answered = connection.answer();
  const dripping = setInterval(() => connection.write(Buffer.from("x")), 20);
  try {
    return (await answered).status;
  } finally {
    clearInterval(dripping);
    await connection.end();
  }
}

resists(
  "H18 (slowloris)",
  "bodies a byte at a time are refused with 408, and end their sessions",
  async (victim) => {
    await attack(victim, async () => {
      const drips = Array.from({ length: 50 }, async () => {
        const session = await PollingSession.open(victim);
        expect(await drip(session.url)).toBe(408);
        expect((await session.poll()).status).toBe(400);
      });
      await Promise.all(drips);
    });
  },
  { limits: { message: 300 } },
);
