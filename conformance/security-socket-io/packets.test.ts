import { request } from "node:http";
import { expect } from "vitest";
import { PollingSession } from "../engine-io/polling-session.ts";
import type { Packet } from "../engine-io/session.ts";
import { Line, type WebSocketSession } from "../engine-io/websocket-session.ts";
import { attack, resists, type Victim } from "./victim.ts";

const bytes = Buffer.of(1, 2, 3);

/** Sends packets in sessions of their own, by both transports: each must be closed by it. */
async function expectClosed(victim: Victim, ...packets: Packet[]): Promise<void> {
  for (const transport of ["polling", "websocket"] as const) {
    for (let round = 0; round < 10; round += 1) {
      const session = await victim.session(transport);
      await session.send(...packets).catch(() => undefined);
      expect(await session.untilEnd()).toEqual([]);
    }
  }
}

/** Sends packets, and ends the session, whatever they do to it. */
async function survive(victim: Victim, ...packets: Packet[]): Promise<void> {
  const session = (await victim.session("websocket")) as WebSocketSession; // as asked for
  await session.send(...packets);
  // The answer to this one, or the end, tells that all before it was dealt with.
  await session.send('42["echo","last"]');
  await session.next().catch(() => undefined);
  session.line.socket.close();
  await session.line.untilEnd();
}

for (const num of ['"splice"', '"length"', '"__proto__"', "-1", "1.5", "1", "null", "{}"]) {
  resists("P1 (CVE-2022-2421)", `the placeholder ${num} closes the connection`, async (victim) => {
    await attack(victim, () =>
      expectClosed(victim, `451-["e",{"_placeholder":true,"num":${num}}]`, bytes),
    );
  });
}

for (const name of ['{"toString":"foo"}', '{"toString":null}', '{"__proto__":1}', "[]", "null"]) {
  resists("P2 (CVE-2023-32695)", `an event named ${name} closes the connection`, async (victim) => {
    await attack(victim, () => expectClosed(victim, `42[${name}]`));
  });
}

resists(
  "P3 (CVE-2024-38355)",
  "the event error, which nobody listens to, harms nobody",
  async (victim) => {
    await attack(victim, async () => {
      await survive(victim, '42["error","x"]', '42["error",{"message":"x"}]', '421["error"]');
    });
  },
);

for (const count of ["999", "11", "99999999999999999999", "1e9", "Infinity"]) {
  resists("P4 (CVE-2026-33151)", `${count} attachments close the connection`, async (victim) => {
    await attack(victim, () => expectClosed(victim, `45${count}-["e"]`));
  });
}

for (const count of ["0", "-0", "00", "", "-1", "0x1"]) {
  resists("P5 (CVE-2026-69185)", `"${count}" attachments close the connection`, async (victim) => {
    await attack(victim, () => expectClosed(victim, `45${count}-["e"]`));
  });
}

/** Posts a body in chunks of so many bytes. */
function postInChunks(url: string, body: Buffer, size: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = { "Content-Type": "text/plain", "Content-Length": body.length };
    const post = request(url, { method: "POST", headers }, (response) => {
      response.resume();
      response.on("end", () => resolve(response.statusCode ?? 0));
    });
    post.on("error", reject);
    post.setNoDelay(true);
    for (let at = 0; at < body.length; at += size) post.write(body.subarray(at, at + size));
    post.end();
  });
}

resists(
  "P6 (CVE-2020-36049)",
  "a giant packet in small pieces takes linear time",
  async (victim) => {
    const time = async (length: number): Promise<number> => {
      const session = await PollingSession.open(victim);
      const body = Buffer.from(`4${"x".repeat(length - 1)}`);
      const start = performance.now();
      expect([200, 400]).toContain(await postInChunks(session.url, body, 64));
      await session.untilEnd();
      return performance.now() - start;
    };
    await attack(victim, async () => {
      await time(100_000);
      const small = Math.min(await time(100_000), await time(100_000), await time(100_000));
      const large = Math.min(await time(800_000), await time(800_000), await time(800_000));
      // Eight times as long; sixty-four times if it were quadratic.
      expect(large / small).toBeLessThan(32);
    });
  },
);

resists(
  "P6 (CVE-2020-36049)",
  "a giant packet by WebSocket is closed with 1009",
  async (victim) => {
    await attack(victim, async () => {
      const session = (await victim.session()) as WebSocketSession; // its default
      await session.send(`42["echo","${"x".repeat(2_000_000)}"]`);
      expect(await session.untilEnd()).toEqual([]);
      expect(session.line.code).toBe(1009);
    });
  },
);

for (const [what, deep] of [
  ["arrays", `${"[".repeat(100_000)}${"]".repeat(100_000)}`],
  ["objects", `${'{"a":'.repeat(100_000)}1${"}".repeat(100_000)}`],
  ["arrays that never end", "[".repeat(100_000)],
] as const) {
  resists(
    "P7",
    `100,000 nested ${what} harm nobody, even when they are sent back`,
    async (victim) => {
      await attack(victim, async () => {
        await survive(victim, `42["echo",${deep}]`);
        await survive(victim, `421["echo",${deep}]`);
        await survive(victim, `40/n,${deep}`);
      });
    },
  );
  resists("P7", `100,000 nested ${what} beside an attachment harm nobody`, async (victim) => {
    await attack(victim, async () => {
      await survive(victim, `451-["echo",{"_placeholder":true,"num":0},${deep}]`, bytes);
    });
  });
}

resists("P8", "an acknowledgement id of 400 digits harms nobody", async (victim) => {
  await attack(victim, async () => {
    const id = "9".repeat(400);
    await survive(victim, `42${id}["echo",1]`);
    await survive(victim, `43${id}[1]`);
    await survive(victim, `451-${id}["echo",{"_placeholder":true,"num":0}]`, bytes);
    await survive(victim, `42${"1".repeat(900_000)}["echo"]`);
  });
});

resists("P9", "namespaces named in 500 KB leave nothing behind", async (victim) => {
  await attack(victim, async () => {
    for (let round = 0; round < 30; round += 1) {
      await survive(victim, `40/${round}${"n".repeat(500_000)},`);
      await survive(victim, `42/${round}${"n".repeat(500_000)},["echo"]`);
    }
  });
});

resists("P9", "a name of 500 KB is not sent back", async (victim) => {
  await attack(victim, async () => {
    const session = await victim.session();
    await session.send(`40/${"n".repeat(500_000)},`);
    expect(await session.untilEnd()).toEqual([]);
  });
});

resists("P10", "a second CONNECT closes the connection", async (victim) => {
  await attack(victim, () => expectClosed(victim, "40"));
});

for (const namespace of ["/n", "/slow"]) {
  resists("P10", `two CONNECTs to ${namespace} at once make no two sockets`, async (victim) => {
    await attack(victim, async () => {
      for (let round = 0; round < 20; round += 1) {
        const line = await Line.connect(victim.at("EIO=4&transport=websocket"));
        await line.next();
        line.send(`40${namespace},`, `40${namespace},`);
        const packets = await line.untilEnd();
        const joined = packets.filter((packet) => String(packet).startsWith(`40${namespace},`));
        expect(joined.length).toBeLessThanOrEqual(1);
      }
    });
  });
}

for (const name of [
  "/n?__proto__=x",
  "/n?constructor=x",
  "/__proto__",
  "/n?__proto__[polluted]=x",
]) {
  resists("P11", `CONNECT to ${name} changes no prototype`, async (victim) => {
    await attack(victim, async () => {
      await survive(victim, `40${name}`);
      await survive(victim, `40${name},{"__proto__":{"polluted":1}}`);
      await survive(
        victim,
        `40/n,{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}`,
      );
    });
  });
}

resists(
  "P11",
  "a query in the name of a namespace changes no prototype in version 3",
  async (victim) => {
    await attack(victim, async () => {
      const line = await Line.connect(victim.at("EIO=3&transport=websocket"));
      await line.next();
      line.send("40/n?__proto__=x&__proto__[polluted]=1&constructor=y");
      let packet = await line.next();
      while (!String(packet).startsWith("40/n")) packet = await line.next();
      line.send('42/n,["echo",1]');
      expect(await line.next()).toBe('42/n,["echo",1]');
      line.socket.close();
      await line.untilEnd();
    });
  },
  { allowEIO3: true },
);
