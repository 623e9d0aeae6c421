import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { attack, closeCode, frame, gone, Victim } from "./victim.ts";

const MEBIBYTE = 1024 * 1024;
let victim: Victim;
/** Takes a frame in no more pieces than an attacker can send in a moment. */
let strict: Victim;

beforeAll(async () => {
  [victim, strict] = await Promise.all([
    Victim.start(),
    Victim.start({ maxBufferedChunks: 50, maxFragments: 10 }),
  ]);
});

afterAll(() => Promise.all([victim.stop(), strict.stop()]));

describe("F1 (CVE-2026-48779, CVE-2026-62389, CVE-2026-12151)", () => {
  it.each([
    ["empty", ""],
    ["of one byte", "x"],
  ])("endless fragments, %s, are closed with 1008 at a cap", (_, payload) =>
    attack(victim, async () => {
      const peer = await victim.open();
      peer.write(frame({ opcode: 1, payload, fin: false }));
      const fragment = frame({ opcode: 0, payload, fin: false });
      peer.write(Buffer.concat(Array.from({ length: 3_000 }, () => fragment)));
      expect(await closeCode(peer)).toBe(1008);
      peer.destroy();
    }),
  );

  it("a message of just as many fragments as are allowed is taken, one more is not", () =>
    attack(strict, async () => {
      const fragments = (count: number): Buffer =>
        Buffer.concat(
          Array.from({ length: count }, (_, at) =>
            frame({ opcode: at === 0 ? 1 : 0, payload: "x", fin: at === count - 1 }),
          ),
        );
      const peer = await strict.open();
      peer.write(fragments(10));
      expect(String((await peer.nextFrame()).payload)).toBe("x".repeat(10));
      peer.write(fragments(11));
      expect(await closeCode(peer)).toBe(1008);
      peer.destroy();
    }));

  it("a frame in chunks of one byte costs memory by its bytes", () =>
    attack(victim, async () => {
      const peer = await victim.open();
      const before = await victim.vitals();
      const bytes = frame({ opcode: 2, payload: Buffer.alloc(20_000, 7) });
      for (const byte of bytes) {
        if (!peer.socket.write(Buffer.of(byte))) {
          await new Promise((resolve) => peer.socket.once("drain", resolve));
        }
      }
      expect((await peer.nextFrame()).payload.length).toBe(20_000);
      const after = await victim.vitals();
      expect(after.memoryBytes - before.memoryBytes).toBeLessThan(4 * MEBIBYTE);
      peer.destroy();
    }));

  it("a frame in more chunks than are allowed is closed with 1008", () =>
    attack(strict, async () => {
      const peer = await strict.open();
      const bytes = frame({ opcode: 2, payload: Buffer.alloc(1_000) });
      let readBytes = (await strict.vitals()).readBytes;
      for (let at = 0; at < bytes.length && !peer.isEnded; at += 1) {
        const byte = bytes.subarray(at, at + 1);
        peer.write(byte);
        // Only what has been read is a chunk of its own.
        const before = readBytes;
        ({ readBytes } = await strict.vitalsWhen((now) => now.readBytes > before || peer.isEnded));
      }
      expect(await closeCode(peer)).toBe(1008);
      peer.destroy();
    }));
});

describe("F2 (GHSA-9fm3-97px-rjf6)", () => {
  it("a flood of pings whose pongs are not read is terminated", () =>
    attack(victim, async () => {
      const peer = await victim.open();
      peer.socket.pause();
      const ping = frame({ opcode: 9, payload: "x".repeat(125) });
      const pings = Buffer.concat(Array.from({ length: 1_000 }, () => ping));
      const before = await victim.vitals();
      const closed = gone(peer.socket);
      // As fast as the server takes them: it stops taking them when it hangs up.
      const flood = (): void => {
        while (!peer.socket.destroyed && peer.socket.write(pings));
      };
      peer.socket.on("drain", flood);
      flood();
      await closed;
      const after = await victim.vitals();
      expect(after.errors).toContain("WS_ERR_TOO_MANY_PENDING_PONGS");
      expect(after.peakBytes - before.residentBytes).toBeLessThan(24 * MEBIBYTE);
    }));

  it("a flood from one that does read is answered, ping by ping or the last of them", () =>
    attack(victim, async () => {
      const peer = await victim.open();
      const pings = Array.from({ length: 1_000 }, (_, at) =>
        frame({ opcode: 9, payload: String(at) }),
      );
      peer.write(Buffer.concat(pings));
      let answer = "";
      // RFC 6455 §5.5.3: a pong for the latest ping may stand for those before it.
      while (answer !== "999") answer = String((await peer.nextFrame()).payload);
      peer.destroy();
    }));
});

describe("F5 (CVE-2026-1528, CVE-2026-54466)", () => {
  it.each([
    [2n ** 53n, 1009],
    [2n ** 62n, 1009],
    [2n ** 63n - 1n, 1009],
    [2n ** 63n, 1009],
    [2n ** 64n - 1n, 1009],
  ])("a length of %s is refused before anything is allocated", (announcedLength, code) =>
    attack(victim, async () => {
      const before = await victim.vitals();
      const peer = await victim.open();
      peer.write(frame({ opcode: 2, payload: "x", lengthBytes: 8, announcedLength }));
      expect(await closeCode(peer)).toBe(code);
      const after = await victim.vitals();
      expect(after.peakBytes - before.residentBytes).toBeLessThan(16 * MEBIBYTE);
      peer.destroy();
    }),
  );

  it("a length that is only announced costs no memory of the machine's", () =>
    attack(victim, async () => {
      const before = await victim.vitals();
      const peers = await Promise.all(Array.from({ length: 50 }, () => victim.open()));
      for (const peer of peers) {
        const announcedLength = BigInt(MEBIBYTE);
        peer.write(frame({ opcode: 2, payload: "x", lengthBytes: 8, announcedLength }));
      }
      const frameBytes = 15;
      const after = await victim.vitalsWhen(
        (now) => now.readBytes - before.readBytes >= peers.length * frameBytes,
      );
      // Room for a message is address space: the system gives memory only as it is written to.
      expect(after.peakBytes - before.residentBytes).toBeLessThan(24 * MEBIBYTE);
      for (const peer of peers) peer.destroy();
    }));

  it.each(["0", "7", "8", "75", "76", "12", "14", "x", "", "13, 13", "13;13"])(
    "version %j of the protocol is refused",
    (version) =>
      attack(victim, async () => {
        expect([400, 426]).toContain(await victim.status({ "Sec-WebSocket-Version": version }));
      }),
  );

  it.each(["draft-75", "draft-76"])("a handshake of %s is refused", (draft) =>
    attack(victim, async () => {
      const keys =
        draft === "draft-76"
          ? {
              "Sec-WebSocket-Key1": "4 @1  46546xW%0l 1 5",
              "Sec-WebSocket-Key2": "12998 5 Y3 1  .P00",
            }
          : {};
      const fields = { "Sec-WebSocket-Key": null, "Sec-WebSocket-Version": null, ...keys };
      const peer = await victim.ask(fields);
      peer.write("^n:ds[4U");
      expect(await peer.readHead()).toMatch(/^HTTP\/1\.1 4\d\d /);
      peer.destroy();
    }),
  );

  it.each([
    ["text", "0068656c6c6fff"],
    ["a length that goes on and on", `80${"ff".repeat(64)}`],
    ["the closing of draft 76", "ff00"],
  ])("framing of draft 75, %s, is closed with 1002", (_, hex) =>
    attack(victim, async () => {
      const peer = await victim.open();
      peer.write(Buffer.from(hex, "hex"));
      expect(await closeCode(peer)).toBe(1002);
      peer.destroy();
    }),
  );
});

describe("F6 (CVE-2026-42786, CVE-2026-9675)", () => {
  it("fragments that are each under the limit are closed with 1009 when their sum is over", () =>
    attack(victim, async () => {
      const peer = await victim.open();
      const payload = Buffer.alloc(100_000);
      peer.write(frame({ opcode: 2, payload, fin: false }));
      for (let more = 0; more < 11; more += 1) {
        peer.write(frame({ opcode: 0, payload, fin: false }));
      }
      expect(await closeCode(peer)).toBe(1009);
      peer.destroy();
    }));

  it("so is the first fragment whose announced length makes it too many", () =>
    attack(victim, async () => {
      const peer = await victim.open();
      peer.write(frame({ opcode: 2, payload: "x", fin: false }));
      peer.write(frame({ opcode: 0, payload: "", lengthBytes: 8, announcedLength: MEBIBYTE }));
      expect(await closeCode(peer)).toBe(1009);
      peer.destroy();
    }));

  it("pings between the fragments make nothing forgotten", () =>
    attack(victim, async () => {
      const peer = await victim.open();
      const payload = Buffer.alloc(300_000);
      for (let at = 0; at < 4; at += 1) {
        peer.write(frame({ opcode: at === 0 ? 2 : 0, payload, fin: false }));
        peer.write(frame({ opcode: 9, payload: "x" }));
      }
      expect(await closeCode(peer)).toBe(1009);
      peer.destroy();
    }));

  it("a message of exactly the limit is taken", () =>
    attack(victim, async () => {
      const peer = await victim.open();
      peer.write(frame({ opcode: 2, payload: Buffer.alloc(MEBIBYTE - 1), fin: false }));
      peer.write(frame({ opcode: 0, payload: "x" }));
      expect((await peer.nextFrame()).payload.length).toBe(MEBIBYTE);
      peer.destroy();
    }));
});
