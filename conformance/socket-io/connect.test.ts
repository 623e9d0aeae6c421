import { expect } from "vitest";
import { connect, join, open, requires, requiresOfBoth } from "./requires.ts";

const section = "Socket.IO v5, Connection to a namespace";

requiresOfBoth(
  section,
  (transport) => `by ${transport} CONNECT to the main namespace is answered with a session id`,
  async (address, transport) => {
    const session = await open(address, transport);
    await session.send("40");
    expect(await session.next()).toMatch(/^40\{"sid":"[^"]+"\}$/);
  },
);

requiresOfBoth(
  section,
  (transport) => `by ${transport} the id is not that of the Engine.IO session`,
  async (address, transport) => {
    const session = await open(address, transport);
    expect(await connect(session)).not.toBe(session.sid);
  },
);

requires(`${section}: each namespace has an id of its own`, async (address) => {
  const session = await open(address);
  const ids = [await connect(session), await connect(session, "/custom"), session.sid];
  expect(new Set(ids).size).toBe(3);
});

requires("OWASP session ids: an id of a namespace is not guessable", async (address) => {
  const ids = await Promise.all(
    Array.from({ length: 100 }, async () => connect(await open(address))),
  );
  expect(new Set(ids).size).toBe(100);
  expect(Math.min(...ids.map((id) => id.length))).toBeGreaterThanOrEqual(20);
});

requires(`${section}: CONNECT to another namespace is answered in its name`, async (address) => {
  const session = await open(address);
  await session.send("40/custom,");
  expect(await session.next()).toMatch(/^40\/custom,\{"sid":"[^"]+"\}$/);
});

requires(`${section}: the comma behind the name may be missing at the end`, async (address) => {
  const session = await open(address);
  await session.send("40/custom");
  expect(await session.next()).toMatch(/^40\/custom,\{"sid":"[^"]+"\}$/);
});

requires(`${section}: the main namespace may be named`, async (address) => {
  const session = await open(address);
  await session.send("40/,");
  expect(await session.next()).toMatch(/^40\{"sid":"[^"]+"\}$/);
});

requires(`${section}: the main namespace need not be joined`, async (address) => {
  const session = await join(address, "websocket", "/custom");
  await session.send('42/custom,["echo",1]');
  expect(await session.next()).toBe('42/custom,["echo",1]');
});

requires(`${section}: a namespace by a pattern may be joined`, async (address) => {
  const session = await join(address, "websocket", "/dynamic-12");
  await session.send('42/dynamic-12,["echo",1]');
  expect(await session.next()).toBe('42/dynamic-12,["echo",1]');
});

for (const [what, auth] of [
  ["a token", { token: "123" }],
  ["nested data", { a: { b: [1, null, "€🙂"] } }],
  ["nothing", {}],
] as const) {
  requires(`${section}: the payload comes to the application: ${what}`, async (address) => {
    const session = await open(address);
    await connect(session, "/greeting", auth);
    expect(await session.next()).toBe(`42/greeting,["auth",${JSON.stringify(auth)}]`);
  });
}

requires(`${section}: without a payload the application gets an empty object`, async (address) => {
  const session = await open(address);
  await connect(session, "/greeting");
  expect(await session.next()).toBe('42/greeting,["auth",{}]');
});

requires(`${section}: what the server sends at once comes behind its CONNECT`, async (address) => {
  const session = await open(address, "polling");
  await session.send("40/greeting,{}");
  expect(await session.next()).toMatch(/^40\/greeting,\{"sid"/);
  expect(await session.next()).toBe('42/greeting,["auth",{}]');
});

requiresOfBoth(
  section,
  (transport) => `by ${transport} an unknown namespace is answered with CONNECT_ERROR`,
  async (address, transport) => {
    const session = await open(address, transport);
    await session.send("40/random");
    expect(await session.next()).toBe('44/random,{"message":"Invalid namespace"}');
  },
);

for (const name of [
  "/Custom",
  "/custom/",
  "/dynamic-x",
  "/__proto__",
  "/constructor",
  "/custom%20",
]) {
  requires(
    `${section}: no other namespace is taken for one that exists: ${name}`,
    async (address) => {
      const session = await open(address);
      await session.send(`40${name},`);
      expect(await session.next()).toBe(`44${name},{"message":"Invalid namespace"}`);
    },
  );
}

requires(`${section}: CONNECT_ERROR tells the middleware's message and data`, async (address) => {
  const session = await open(address);
  await session.send("40/refused,");
  const packet = String(await session.next());
  expect(packet.slice(0, 12)).toBe("44/refused,{");
  expect(JSON.parse(packet.slice(11))).toEqual({ message: "not today", data: { code: 7 } });
});

requires(`${section}: who was refused may ask again, and join others`, async (address) => {
  const session = await open(address);
  await session.send("40/refused,", "40/refused,", "40");
  expect(await session.next()).toMatch(/^44\/refused,/);
  expect(await session.next()).toMatch(/^44\/refused,/);
  expect(await session.next()).toMatch(/^40\{"sid"/);
});

requires(`${section}: nothing goes to a namespace that refused`, async (address) => {
  const session = await open(address);
  await session.send("40/refused,");
  await session.next();
  await session.send('42/refused,["echo",1]');
  expect(await session.untilEnd()).toEqual([]);
});

requires(`${section}: many namespaces share a connection`, async (address) => {
  const names = Array.from({ length: 20 }, (_, index) => `/dynamic-${index}`);
  const session = await join(address, "websocket", "/", "/custom", ...names);
  await session.send(...names.map((name, index) => `42${name},["echo",${index}]`));
  for (const [index, name] of names.entries()) {
    expect(await session.next()).toBe(`42${name},["echo",${index}]`);
  }
});

requiresOfBoth(
  section,
  (transport) => `by ${transport} a second CONNECT to the same namespace closes the connection`,
  async (address, transport) => {
    const session = await join(address, transport);
    await session.send("40").catch(() => undefined);
    expect(await session.untilEnd()).toEqual([]);
  },
);

requiresOfBoth(
  section,
  (transport) => `by ${transport} an event before any CONNECT closes the connection`,
  async (address, transport) => {
    const session = await open(address, transport);
    await session.send('42["echo",1]').catch(() => undefined);
    expect(await session.untilEnd()).toEqual([]);
  },
);

requires(
  `${section}: an event to a namespace that was not joined closes the connection`,
  async (address) => {
    const session = await join(address);
    await session.send('42/custom,["echo",1]');
    expect(await session.untilEnd()).toEqual([]);
  },
);

for (const packet of ['44{"message":"x"}', '44/custom,{"message":"x"}']) {
  requires(
    `${section}: a CONNECT_ERROR of a client closes the connection: ${packet}`,
    async (address) => {
      const session = await join(address);
      await session.send(packet);
      expect(await session.untilEnd()).toEqual([]);
    },
  );
}

requiresOfBoth(
  section,
  (transport) => `by ${transport} a client that joins nothing is closed after connectTimeout`,
  async (address, transport) => {
    const session = await open(address, transport);
    expect(await session.untilEnd()).toEqual([]);
  },
  { connectTimeout: 50 },
);

requires(
  `${section}: a client that was refused everywhere is closed after connectTimeout`,
  async (address) => {
    const session = await open(address);
    await session.send("40/refused,");
    expect(await session.next()).toMatch(/^44\/refused,/);
    expect(await session.untilEnd()).toEqual([]);
  },
  { connectTimeout: 200 },
);

requires(
  `${section}: a client that has joined outlives connectTimeout`,
  async (address) => {
    const session = await join(address);
    // Its deadline begins later, and so ends later.
    const other = await open(address);
    await other.untilEnd();
    await session.send('42["echo",1]');
    expect(await session.next()).toBe('42["echo",1]');
  },
  { connectTimeout: 200 },
);
