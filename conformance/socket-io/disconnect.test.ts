import { expect } from "vitest";
import { PollingSession } from "../engine-io/polling-session.ts";
import { Line } from "../engine-io/websocket-session.ts";
import { connect, join, type Packet, requires, requiresOfBoth } from "./requires.ts";

const section = "Socket.IO v5, Disconnection from a namespace";

requiresOfBoth(
  section,
  (transport) => `by ${transport} who leaves one namespace stays in the other`,
  async (address, transport) => {
    const session = await join(address, transport, "/", "/custom");
    await session.send("41/custom,", '42["echo",1]');
    expect(await session.next()).toBe('42["echo",1]');
  },
);

requires(`${section}: the comma behind the name may be missing`, async (address) => {
  const session = await join(address, "websocket", "/", "/custom");
  await session.send("41/custom", '42["echo",1]');
  expect(await session.next()).toBe('42["echo",1]');
});

requires(`${section}: no answer comes to it`, async (address) => {
  const session = await join(address, "websocket", "/", "/custom");
  await session.send("41/custom,", '42["echo","behind"]');
  expect(await session.next()).toBe('42["echo","behind"]');
});

requiresOfBoth(
  section,
  (transport) => `by ${transport} who has left may come again, by a new id`,
  async (address, transport) => {
    const session = await join(address, transport, "/");
    const first = await connect(session, "/custom");
    // The echo tells that the leave was heard.
    await session.send("41/custom,", '42["echo",1]');
    expect(await session.next()).toBe('42["echo",1]');
    const second = await connect(session, "/custom");
    expect(second).not.toBe(first);
    await session.send('42/custom,["echo",1]');
    expect(await session.next()).toBe('42/custom,["echo",1]');
  },
);

requires(`${section}: who has left may come again in the same body`, async (address) => {
  const session = await join(address, "polling", "/", "/custom");
  await session.send("41/custom,", "40/custom,", '42/custom,["echo",1]');
  expect(await session.next()).toMatch(/^40\/custom,\{"sid"/);
  expect(await session.next()).toBe('42/custom,["echo",1]');
});

requires(
  `${section}: an event to a namespace that was left closes the connection`,
  async (address) => {
    const session = await join(address, "websocket", "/", "/custom");
    await session.send("41/custom,");
    // The echo tells that the leave was heard.
    await session.send('42["echo",1]');
    expect(await session.next()).toBe('42["echo",1]');
    await session.send('42/custom,["echo",1]');
    expect(await session.untilEnd()).toEqual([]);
  },
);

requiresOfBoth(
  section,
  (transport) => `by ${transport} the server tells whom it disconnects from a namespace`,
  async (address, transport) => {
    const session = await join(address, transport, "/", "/custom");
    await session.send('42/custom,["leave"]');
    expect(await session.next()).toBe("41/custom,");
    await session.send('42["echo",1]');
    expect(await session.next()).toBe('42["echo",1]');
  },
);

requires(`${section}: the main namespace is left like any other`, async (address) => {
  const session = await join(address, "websocket", "/", "/custom");
  await session.send('42["leave"]');
  expect(await session.next()).toBe("41");
  await session.send('42/custom,["echo",1]');
  expect(await session.next()).toBe('42/custom,["echo",1]');
});

requires(`${section}: a client without a namespace keeps its connection`, async (address) => {
  const session = await join(address);
  await session.send("41");
  await connect(session, "/custom");
  await session.send('42/custom,["echo",1]');
  expect(await session.next()).toBe('42/custom,["echo",1]');
});

requiresOfBoth(
  section,
  (transport) => `by ${transport} the server closes the connection, telling each namespace first`,
  async (address, transport) => {
    const session = await join(address, transport, "/", "/custom");
    await session.send('42["hang up"]');
    const packets = await session.untilEnd();
    expect(packets.sort()).toEqual(["41", "41/custom,"]);
  },
);

requires(
  "Engine.IO v4, Protocol, close: a client that closes leaves all namespaces",
  async (address) => {
    const session = await join(address, "polling", "/", "/custom");
    await session.send("1");
    expect(await session.untilEnd()).toEqual([]);
  },
);

requires(
  `Engine.IO v4, Upgrade: namespaces, events and attachments go on by websocket`,
  async (address) => {
    const session = await PollingSession.open(address);
    await connect(session);
    await connect(session, "/custom");
    // The attachment comes by the other transport.
    await session.send('452-["echo",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]');
    await session.send(Buffer.of(1));
    const line = await Line.connect(address.at(`EIO=4&transport=websocket&sid=${session.sid}`));
    line.send("2probe");
    expect(await line.next()).toBe("3probe");
    line.send("5", Buffer.of(2), '42/custom,["echo",1]');
    const packets: Packet[] = [];
    while (packets.length < 4) packets.push(await line.next());
    expect(packets).toEqual([
      '452-["echo",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]',
      Buffer.of(1),
      Buffer.of(2),
      '42/custom,["echo",1]',
    ]);
  },
);
