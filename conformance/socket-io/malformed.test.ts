import { expect } from "vitest";
import { join, type Packet, requires, requiresOfBoth } from "./requires.ts";

const format = "Socket.IO v5, Packet encoding";
const bytes = (...values: number[]): Buffer => Buffer.from(values);
const placeholder = (num: number | string): string => `{"_placeholder":true,"num":${num}}`;

/** What must close the connection, each class of it. */
const broken: readonly (readonly [section: string, what: string, ...packets: Packet[]])[] = [
  [format, "an empty message", "4"],
  [format, "a type that is none: 7", '47["echo",1]'],
  [format, "a type that is none: a letter", "4abc"],
  [format, "a type that is none: a brace", '4{"type":2}'],
  [format, "JSON that ends too early", '42["echo",'],
  [format, "JSON with something behind it", '42["echo"]x'],
  [format, "JSON with single quotes", "42['echo']"],
  [format, "an unescaped line break in a string", '42["echo","\n"]'],
  [format, "NaN", '42["echo",NaN]'],
  ["Socket.IO v5, Sending and receiving data", "an event without a payload", "42"],
  ["Socket.IO v5, Sending and receiving data", "an event with an empty array", "42[]"],
  ["Socket.IO v5, Sending and receiving data", "an event whose payload is an object", "42{}"],
  ["Socket.IO v5, Sending and receiving data", "an event whose payload is a string", '42"echo"'],
  ["Socket.IO v5, Sending and receiving data", "an event whose payload is null", "42null"],
  [
    "Socket.IO v5, Sending and receiving data",
    "an event named by an object",
    '42[{"toString":"foo"}]',
  ],
  ["Socket.IO v5, Sending and receiving data", "an event named by an array", '42[["echo"]]'],
  ["Socket.IO v5, Sending and receiving data", "an event named null", "42[null]"],
  ["Socket.IO v5, Sending and receiving data", "an event named true", "42[true]"],
  ["Socket.IO v5, Acknowledgement", "an ACK whose payload is an object", "431{}"],
  ["Socket.IO v5, Acknowledgement", "an ACK whose payload is a string", '431"x"'],
  [
    "Socket.IO v5, Connection to a namespace",
    "a CONNECT whose payload is an array",
    "40/custom,[]",
  ],
  [
    "Socket.IO v5, Connection to a namespace",
    "a CONNECT whose payload is a string",
    '40/custom,"x"',
  ],
  ["Socket.IO v5, Connection to a namespace", "a CONNECT whose payload is no JSON", "40/custom,{"],
  ["Socket.IO v5, Disconnection from a namespace", "a DISCONNECT with a payload", "41[]"],
  [format, "a BINARY_EVENT without a count", `45["echo",${placeholder(0)}]`, bytes(1)],
  [format, "a BINARY_EVENT without a dash", `451["echo",${placeholder(0)}]`, bytes(1)],
  [format, "a BINARY_EVENT with a negative count", '45-1-["echo"]'],
  [format, "a BINARY_EVENT with half an attachment", '451.5-["echo"]', bytes(1)],
  [format, "a BINARY_EVENT with a count that is none", '45x-["echo"]'],
  [format, "a BINARY_EVENT with a count of 400 digits", `45${"9".repeat(400)}-["echo"]`],
  [format, "a BINARY_ACK without attachments", "460-1[]"],
  [format, "text where an attachment is due", `451-["echo",${placeholder(0)}]`, '42["echo",1]'],
  [format, "a binary message that belongs to nothing", bytes(1, 2, 3)],
  [format, "one attachment too many", `451-["echo",${placeholder(0)}]`, bytes(1), bytes(2)],
  [format, "a placeholder beyond the attachments", `451-["echo",${placeholder(1)}]`, bytes(1)],
  [format, "a placeholder before the attachments", `451-["echo",${placeholder(-1)}]`, bytes(1)],
  [format, "a placeholder named by half a number", `451-["echo",${placeholder(0.5)}]`, bytes(1)],
  [format, "a placeholder named by a word", `451-["echo",${placeholder('"length"')}]`, bytes(1)],
  [format, "a placeholder without a number", '451-["echo",{"_placeholder":true}]', bytes(1)],
  [format, "a payload that is one placeholder", `451-${placeholder(0)}`, bytes(1)],
  [format, "an event named by an attachment", `451-[${placeholder(0)}]`, bytes(1)],
];

for (const [section, what, ...packets] of broken) {
  requiresOfBoth(
    section,
    (transport) => `by ${transport} the connection is closed at ${what}`,
    async (address, transport) => {
      const session = await join(address, transport);
      await session.send(...packets).catch(() => undefined);
      // One attachment too many comes behind an event that is whole.
      const echoes = await session.untilEnd();
      if (!what.includes("too many")) expect(echoes).toEqual([]);
    },
  );
}

for (const name of [
  "connect",
  "connect_error",
  "disconnect",
  "disconnecting",
  "newListener",
  "removeListener",
]) {
  requires(
    `socket.io, reserved events: a client that sends "${name}" is closed`,
    async (address) => {
      const session = await join(address);
      await session.send(`42["${name}",1]`);
      expect(await session.untilEnd()).toEqual([]);
    },
  );
}

requires("socket.io, maxAttachments: eleven attachments close the connection", async (address) => {
  const session = await join(address);
  await session.send('4511-["echo"]');
  expect(await session.untilEnd()).toEqual([]);
});

requires(`${format}: an id beyond the safe integers closes the connection`, async (address) => {
  const session = await join(address);
  await session.send('429007199254740993["echo"]');
  expect(await session.untilEnd()).toEqual([]);
});

requires(`${format}: a broken packet closes its own connection alone`, async (address) => {
  const [one, other] = await Promise.all([join(address), join(address)]);
  await one.send("4abc");
  await one.untilEnd();
  await other.send('42["echo",1]');
  expect(await other.next()).toBe('42["echo",1]');
});

requires(`${format}: what comes behind a broken packet is not heard`, async (address) => {
  const session = await join(address);
  await session.send("4abc", '42["echo",1]');
  expect(await session.untilEnd()).toEqual([]);
});

requires(
  `${format}: a broken packet takes all namespaces of its connection with it`,
  async (address) => {
    const session = await join(address, "websocket", "/", "/custom");
    await session.send("42/custom,{}");
    expect(await session.untilEnd()).toEqual([]);
  },
);

requires(`${format}: an event cut off within its attachments harms nobody`, async (address) => {
  const session = await join(address, "polling");
  await session.send(`452-["echo",${placeholder(0)},${placeholder(1)}]`, bytes(1));
  await session.send("1");
  await session.untilEnd();
  const other = await join(address);
  await other.send('42["echo",1]');
  expect(await other.next()).toBe('42["echo",1]');
});
