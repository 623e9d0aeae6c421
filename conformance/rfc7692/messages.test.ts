import { deflateRawSync, inflateRawSync } from "node:zlib";
import { expect, test } from "vitest";
import { binary, type ExpectedFrame, requiresOfBoth, text } from "../scenario.ts";
import { type DeflateParameters, formatParameters, openDeflated } from "./deflate-pair.ts";
import { ReferenceInflater } from "./reference-inflater.ts";

const KiB = 1024;

/** Numbers that are the same in each run. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> 8;
  };
}

const words = "the line stays open one frame follows another and nothing is lost".split(" ");

/** Text with repetitions near and far, as messages have them. */
function prose(byteLength: number, seed: number): ExpectedFrame {
  const next = numbers(seed);
  let value = "";
  while (value.length < byteLength) value += `${words[next() % words.length]}${next() % 97} `;
  return text(value.slice(0, byteLength));
}

/** Bytes that cannot be compressed. */
function noise(byteLength: number, seed: number): ExpectedFrame {
  const next = numbers(seed);
  return binary(Buffer.from(Array.from({ length: byteLength }, () => next() & 0xff)));
}

const bits = [undefined, 8, 9, 10, 11, 12, 13, 14, 15] as const;
const flags = [false, true] as const;

for (const serverNoContextTakeover of flags) {
  for (const clientNoContextTakeover of flags) {
    for (const serverMaxWindowBits of bits) {
      const common = { serverNoContextTakeover, clientNoContextTakeover, serverMaxWindowBits };
      requiresOfBoth(
        `RFC 7692 §7.1: messages pass by ${formatParameters(common)}, with each client_max_window_bits`,
        async (side) => {
          await Promise.all(
            bits.map(async (clientMaxWindowBits) => {
              const connection = await openDeflated(
                side,
                defined({ ...common, clientMaxWindowBits }),
              );
              await connection.echoes(prose(16, 1));
              await connection.echoes(prose(300, 2));
              // Twice, so that a context holds what may be referred to from far away.
              for (let count = 0; count < 2; count += 1) await connection.echoes(prose(2000, 3));
              await connection.echoes(noise(600, 4));
              await connection.echoes(text(""));
              connection.close();
            }),
          );
        },
      );
    }
  }
}

/** Without the keys that say nothing, as the answer has them. */
function defined(parameters: DeflateParameters): DeflateParameters {
  return Object.fromEntries(
    Object.entries(parameters).filter(([, value]) => value !== undefined),
  ) as DeflateParameters;
}

const sizes = [0, 1, 16, 64, 256, KiB, 4 * KiB, 8 * KiB, 16 * KiB, 32 * KiB, 64 * KiB, 128 * KiB];
const kinds = [
  { name: "text", make: prose },
  { name: "data that does not compress", make: noise },
] as const;

for (const isWithoutContext of flags) {
  const parameters = {
    serverNoContextTakeover: isWithoutContext,
    clientNoContextTakeover: isWithoutContext,
  };
  const way = isWithoutContext ? "without" : "with";
  for (const { name, make } of kinds) {
    for (const size of sizes) {
      const count = Math.min(100, Math.max(4, Math.floor((256 * KiB) / Math.max(1, size))));
      requiresOfBoth(
        `RFC 7692 §7.2: ${count} messages of ${size} bytes of ${name} pass ${way} context takeover`,
        async (side) => {
          const connection = await openDeflated(side, parameters);
          for (let index = 0; index < count; index += 1) {
            await connection.echoes(make(size, index + 1));
          }
          connection.close();
        },
      );
    }
  }

  for (const size of [1, 64, 256, 4 * KiB, 32 * KiB]) {
    requiresOfBoth(
      `RFC 7692 §7.2.1: compressed messages in fragments of ${size} bytes pass ${way} context takeover`,
      async (side) => {
        const connection = await openDeflated(side, parameters);
        for (const length of [0, 16, 1000, 16 * KiB]) {
          await connection.echoes(prose(length, length), size);
          await connection.echoes(noise(Math.min(length, 40 * size), length), size);
        }
        connection.close();
      },
    );
  }

  requiresOfBoth(
    `RFC 7692 §7.2: messages sent at once come back in order ${way} context takeover`,
    async (side) => {
      const connection = await openDeflated(side, parameters);
      const lengths = Array.from({ length: 200 }, (_, index) => (index * 997) % (6 * KiB));
      const messages = lengths.map((length, index) => (index % 3 ? prose : noise)(length, index));
      for (const message of messages) await connection.send(message);
      for (const message of messages) await connection.receives(message);
      connection.close();
    },
  );

  requiresOfBoth(
    `RFC 7692 §7.2.1: a message that is sent in parts sets RSV1 on its first fragment alone, ${way} context takeover`,
    async (side) => {
      const connection = await openDeflated(side, parameters);
      const parts = [prose(500, 1), prose(2000, 2), prose(0, 3), prose(3000, 4)];
      for (let count = 0; count < 2; count += 1) {
        for (const [index, part] of parts.entries()) {
          connection.pair.socket.send(part.payload, { fin: index === 3, binary: false });
        }
        await connection.receives(text(Buffer.concat(parts.map((part) => part.payload))));
      }
      connection.close();
    },
  );
}

requiresOfBoth(
  "RFC 7692 §7.1.1: a message refers to earlier ones where that is allowed",
  async (side) => {
    // Not demanded of a sender, but what the context is for.
    const connection = await openDeflated(side);
    const message = noise(600, 7);
    await connection.echoes(message);
    await connection.echoes(message);
    expect(connection.inflater.furthest).toBeGreaterThanOrEqual(600);
    connection.close();
  },
);

requiresOfBoth(
  "RFC 7692 §7.1.2: a reference as far back as zlib's window of 32 KiB reaches is understood",
  async (side) => {
    const connection = await openDeflated(side);
    const far = noise(32_000, 9);
    await connection.echoes(far);
    // Its start is now as far back as it is long.
    await connection.echoes(binary(far.payload.subarray(0, 400)));
    connection.close();
  },
);

test("the reference inflater agrees with zlib", () => {
  for (const level of [0, 1, 6, 9]) {
    const reference = new ReferenceInflater(15, false);
    for (const { payload } of [prose(20_000, level), noise(5000, level), text("")]) {
      const deflated = deflateRawSync(payload, { level });
      expect(inflateRawSync(deflated).equals(payload)).toBe(true);
      // A final block is padded with one byte before the tail (RFC 7692 §7.2.3.4).
      const padded = Buffer.concat([deflated, Buffer.of(0)]);
      expect(reference.inflate(padded).equals(payload)).toBe(true);
    }
  }
});

test("the reference inflater refuses references past the window and the context", () => {
  const { payload } = noise(600, 1);
  const pad = (bytes: Buffer) => Buffer.concat([bytes, Buffer.of(0)]);
  const twice = pad(deflateRawSync(Buffer.concat([payload, payload])));
  expect(new ReferenceInflater(10, false).inflate(twice)).toHaveLength(1200);
  expect(() => new ReferenceInflater(9, false).inflate(twice)).toThrow("past the window of 512");
  const dependent = pad(deflateRawSync(payload, { dictionary: payload }));
  expect(() => new ReferenceInflater(15, true).inflate(dependent)).toThrow("before the context");
});
