import { expect } from "vitest";
import {
  join,
  type Packet,
  requires,
  requiresOfBoth,
  several,
  type Transport,
  transports,
} from "./requires.ts";

const section = "Socket.IO v5, Sending and receiving data";
const acknowledgement = "Socket.IO v5, Acknowledgement";
const bytes = (...values: number[]): Buffer => Buffer.from(values);

/** What is sent, and what comes back. */
interface Exchange {
  readonly what: string;
  readonly namespaces?: readonly string[];
  readonly sends: readonly Packet[];
  readonly receives: readonly Packet[];
}

/** Makes a test of each for either transport. */
function requireExchanges(under: string, exchanges: readonly Exchange[]): void {
  for (const { what, namespaces = ["/"], sends, receives } of exchanges) {
    requiresOfBoth(
      under,
      (transport) => `by ${transport} ${what}`,
      async (address, transport) => {
        const session = await join(address, transport, ...namespaces);
        await session.send(...sends);
        expect(await several(session, receives.length)).toEqual(receives);
      },
    );
  }
}

const echo = (text: string): Pick<Exchange, "sends" | "receives"> => ({
  sends: [text],
  receives: [text],
});

requireExchanges(section, [
  { what: "an event goes both ways", ...echo('42["echo","hello"]') },
  { what: "an event without arguments goes both ways", ...echo('42["echo"]') },
  {
    what: "an event of each type of JSON goes both ways",
    ...echo('42["echo",1,-2.5,1e+30,"",true,false,null,[],{},[[{"a":[1]}]]]'),
  },
  {
    what: "an event of a namespace goes both ways",
    namespaces: ["/custom"],
    ...echo('42/custom,["echo",1]'),
  },
  {
    what: "the main namespace may be named in an event",
    sends: ['42/,["echo",1]'],
    receives: ['42["echo",1]'],
  },
  {
    what: "an event nobody listens to is ignored",
    sends: ['42["nobody",1]', '42["echo",2]'],
    receives: ['42["echo",2]'],
  },
  {
    what: "an event whose name is a number is taken",
    sends: ["42[1,2]", '42["echo",2]'],
    receives: ['42["echo",2]'],
  },
  {
    what: "space in the JSON does not matter",
    sends: ['42[ "echo" ,\n 1 ]'],
    receives: ['42["echo",1]'],
  },
  {
    what: "what looks like a placeholder is data in an event without attachments",
    ...echo('42["echo",{"_placeholder":true,"num":0}]'),
  },
  {
    what: "namespaces do not mix",
    namespaces: ["/", "/custom", "/dynamic-1"],
    sends: ['42/custom,["echo","c"]', '42["echo","m"]', '42/dynamic-1,["echo","d"]'],
    receives: ['42/custom,["echo","c"]', '42["echo","m"]', '42/dynamic-1,["echo","d"]'],
  },
]);

const texts: readonly (readonly [string, string])[] = [
  ["two-byte letters", "é"],
  ["three-byte letters", "€漢"],
  ["astral characters", "🙂𝒳"],
  ["a NUL, escaped", "\\u0000"],
  ["a lone high surrogate, escaped", "\\ud83d"],
  ["a lone low surrogate, escaped", "\\ude42"],
  ["surrogates in the wrong order, escaped", "\\ude42\\ud83d"],
  ["line separators", "\u2028\u2029"],
  ["quotes and backslashes", '\\"\\\\/'],
];

requireExchanges(
  section,
  texts.map(([what, text]) => ({ what: `${what}: unchanged`, ...echo(`42["echo","${text}"]`) })),
);

requireExchanges(section, [
  {
    what: "an escaped pair of surrogates is the character",
    sends: ['42["echo","\\ud83d\\ude42"]'],
    receives: ['42["echo","🙂"]'],
  },
  {
    what: "bytes go both ways behind their event",
    sends: ['451-["echo",{"_placeholder":true,"num":0}]', bytes(1, 2, 3, 4)],
    receives: ['451-["echo",{"_placeholder":true,"num":0}]', bytes(1, 2, 3, 4)],
  },
  {
    what: "no bytes are bytes, too",
    sends: ['451-["echo",{"_placeholder":true,"num":0}]', bytes()],
    receives: ['451-["echo",{"_placeholder":true,"num":0}]', bytes()],
  },
  {
    what: "bytes of a namespace go both ways",
    namespaces: ["/custom"],
    sends: ['451-/custom,["echo",{"_placeholder":true,"num":0}]', bytes(9)],
    receives: ['451-/custom,["echo",{"_placeholder":true,"num":0}]', bytes(9)],
  },
  {
    what: "several attachments keep their places",
    sends: [
      '453-["echo",{"a":{"_placeholder":true,"num":0}},["x",{"_placeholder":true,"num":1}],{"_placeholder":true,"num":2}]',
      bytes(1),
      bytes(2, 2),
      bytes(3, 3, 3),
    ],
    receives: [
      '453-["echo",{"a":{"_placeholder":true,"num":0}},["x",{"_placeholder":true,"num":1}],{"_placeholder":true,"num":2}]',
      bytes(1),
      bytes(2, 2),
      bytes(3, 3, 3),
    ],
  },
  {
    what: "attachments may be named in any order",
    sends: [
      '452-["echo",{"_placeholder":true,"num":1},{"_placeholder":true,"num":0}]',
      bytes(1),
      bytes(2),
    ],
    receives: [
      '452-["echo",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]',
      bytes(2),
      bytes(1),
    ],
  },
  {
    what: "an attachment may be named twice",
    sends: ['451-["echo",{"_placeholder":true,"num":0},{"_placeholder":true,"num":0}]', bytes(7)],
    receives: [
      '452-["echo",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]',
      bytes(7),
      bytes(7),
    ],
  },
  {
    what: "ten attachments go both ways",
    sends: [tenPlaceholders(), ...tenBuffers()],
    receives: [tenPlaceholders(), ...tenBuffers()],
  },
]);

function tenPlaceholders(): string {
  const all = Array.from({ length: 10 }, (_, num) => `{"_placeholder":true,"num":${num}}`);
  return `4510-["echo",${all.join(",")}]`;
}

function tenBuffers(): Buffer[] {
  return Array.from({ length: 10 }, (_, value) => bytes(value, value));
}

requireExchanges(acknowledgement, [
  {
    what: "an event with an id is acknowledged with it",
    sends: ['4212["echo","bar"]'],
    receives: ['4312["bar"]'],
  },
  { what: "the id 0 is an id", sends: ['420["echo"]'], receives: ["430[]"] },
  {
    what: "the largest safe integer is an id",
    sends: ['429007199254740991["echo"]'],
    receives: ["439007199254740991[]"],
  },
  {
    what: "ids belong to their namespace",
    namespaces: ["/", "/custom"],
    sends: ['42/custom,13["echo",1]', '4213["echo",2]'],
    receives: ["43/custom,13[1]", "4313[2]"],
  },
  {
    what: "ids may come in any order, and twice",
    sends: ['427["echo",1]', '423["echo",2]', '427["echo",3]'],
    receives: ["437[1]", "433[2]", "437[3]"],
  },
  {
    what: "an acknowledgement with bytes is a BINARY_ACK",
    sends: ['451-15["echo",{"_placeholder":true,"num":0}]', bytes(1, 2)],
    receives: ['461-15[{"_placeholder":true,"num":0}]', bytes(1, 2)],
  },
  {
    what: "an event with bytes of a namespace is acknowledged in it",
    namespaces: ["/custom"],
    sends: ['451-/custom,15["echo",{"_placeholder":true,"num":0}]', bytes(1, 2)],
    receives: ['461-/custom,15[{"_placeholder":true,"num":0}]', bytes(1, 2)],
  },
  {
    what: "an ACK that nobody waits for is ignored",
    sends: ['43999["x"]', '42["echo",1]'],
    receives: ['42["echo",1]'],
  },
]);

for (const transport of transports) {
  requires(
    `${acknowledgement}: by ${transport} the client acknowledges what it is sent`,
    async (address) => {
      const session = await join(address, transport);
      await session.send('42["ask","x"]');
      const id = idOf(await session.next(), transport);
      await session.send(`43${id}["yes",1]`);
      expect(await session.next()).toBe('42["answer","yes",1]');
    },
  );

  requires(
    `${acknowledgement}: by ${transport} the client acknowledges with bytes`,
    async (address) => {
      const session = await join(address, transport);
      await session.send('42["ask"]');
      const id = idOf(await session.next(), transport);
      await session.send(`461-${id}[{"_placeholder":true,"num":0}]`, bytes(5, 6));
      expect(await several(session, 2)).toEqual([
        '451-["answer",{"_placeholder":true,"num":0}]',
        bytes(5, 6),
      ]);
    },
  );

  requires(`${acknowledgement}: by ${transport} only the first answer counts`, async (address) => {
    const session = await join(address, transport);
    await session.send('42["ask"]');
    const id = idOf(await session.next(), transport);
    await session.send(`43${id}[1]`, `43${id}[2]`, '42["echo"]');
    expect(await several(session, 2)).toEqual(['42["answer",1]', '42["echo"]']);
  });

  requires(
    `${acknowledgement}: by ${transport} each event of the server has an id of its own`,
    async (address) => {
      const session = await join(address, transport);
      await session.send('42["ask",1]', '42["ask",2]');
      const first = idOf(await session.next(), transport);
      const second = idOf(await session.next(), transport);
      expect(first).not.toBe(second);
      await session.send(`43${second}["b"]`, `43${first}["a"]`);
      expect(await several(session, 2)).toEqual(['42["answer","b"]', '42["answer","a"]']);
    },
  );

  requires(
    `${section}: by ${transport} a hundred events with and without bytes stay in order`,
    async (address) => {
      const session = await join(address, transport);
      await session.send('42["many",100]');
      const expected: Packet[] = [];
      for (let index = 0; index < 100; index += 1) {
        if (index % 3 !== 2) expected.push(`42["item ${index}"]`);
        else expected.push(`451-["item ${index}",{"_placeholder":true,"num":0}]`, bytes(index));
      }
      expect(await several(session, expected.length)).toEqual(expected);
    },
  );

  requires(
    `${section}: by ${transport} the keys __proto__, constructor and toString are data`,
    async (address) => {
      const session = await join(address, transport);
      const json =
        '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"toString":1}';
      await session.send(`42["keys",${json}]`, `42["echo",${json}]`);
      expect(await session.next()).toBe('42["keys",["__proto__","constructor","toString"],false]');
      expect(await session.next()).toBe(`42["echo",${json}]`);
    },
  );

  requires(
    `${section}: by ${transport} the key __proto__ is data beside attachments, too`,
    async (address) => {
      const session = await join(address, transport);
      const json = '{"__proto__":{"polluted":{"_placeholder":true,"num":0}}}';
      await session.send(`451-["keys",${json}]`, bytes(1));
      expect(await session.next()).toBe('42["keys",["__proto__"],false]');
    },
  );

  requires(
    `${section}: by ${transport} the key __proto__ goes both ways beside attachments`,
    async (address) => {
      const session = await join(address, transport);
      const event = '451-["echo",{"__proto__":{"polluted":{"_placeholder":true,"num":0}}}]';
      await session.send(event, bytes(1));
      expect(await several(session, 2)).toEqual([event, bytes(1)]);
    },
  );
}

requires(
  `${section}: attachments may come in the body behind that of their event`,
  async (address) => {
    const session = await join(address, "polling");
    await session.send('452-["echo",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]');
    await session.send(bytes(1));
    await session.send(bytes(2));
    expect(await several(session, 3)).toEqual([
      '452-["echo",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]',
      bytes(1),
      bytes(2),
    ]);
  },
);

requires(`${section}: sessions do not mix their attachments`, async (address) => {
  const [one, other] = await Promise.all([join(address), join(address)]);
  const event = '451-["echo",{"_placeholder":true,"num":0}]';
  await one.send(event);
  await other.send(event);
  await other.send(bytes(2));
  await one.send(bytes(1));
  expect((await several(one, 2))[1]).toEqual(bytes(1));
  expect((await several(other, 2))[1]).toEqual(bytes(2));
});

requires(`${section}: an event of 300,000 characters goes both ways`, async (address) => {
  const session = await join(address);
  const event = `42["echo","${"é".repeat(300_000)}"]`;
  await session.send(event);
  expect((await session.next()) === event).toBe(true);
});

function idOf(packet: Packet, transport: Transport): string {
  const [, id] = /^42(\d+)\["asked"/.exec(String(packet)) ?? [];
  if (id === undefined) throw new Error(`no id by ${transport} in ${String(packet)}`);
  return id;
}
