import { describe, expect, test } from "vitest";
import { connect, listen, next, nextClose, nextError } from "./fixture.ts";
import { closeBody, type FrameParts, frame, listenRaw, openRawClient } from "./raw-peer.ts";
import { type Socket, targets } from "./targets.ts";

interface BadFrame {
  readonly what: string;
  /** The bytes; `mask` as the sender's role wants it. */
  readonly bytes: (mask: boolean) => Buffer;
  readonly code: string;
  readonly closeCode: number;
  readonly message: string;
  readonly type?: typeof Error;
}

const make = (parts: FrameParts) => (mask: boolean) => frame({ mask, ...parts });
const join =
  (...parts: FrameParts[]) =>
  (mask: boolean) =>
    Buffer.concat(parts.map((part) => frame({ mask, ...part })));
const invalid = (message: string) => `Invalid WebSocket frame: ${message}`;
const badUtf8 = Buffer.from([0x48, 0xff]);

/** Every way in which a frame can be wrong, with what ws says of it. */
const badFrames: BadFrame[] = [
  ...[0x20, 0x10, 0x30].map((reserved) => ({
    what: `RSV2 or RSV3 (0x${reserved.toString(16)})`,
    bytes: make({ opcode: 1, payload: "a", reserved }),
    code: "WS_ERR_UNEXPECTED_RSV_2_3",
    closeCode: 1002,
    message: invalid("RSV2 and RSV3 must be clear"),
  })),
  ...[1, 2, 8, 9, 10].map((opcode) => ({
    what: `RSV1 without an extension on opcode ${opcode}`,
    bytes: make({ opcode, payload: opcode === 8 ? "" : "a", reserved: 0x40 }),
    code: "WS_ERR_UNEXPECTED_RSV_1",
    closeCode: 1002,
    message: invalid("RSV1 must be clear"),
  })),
  {
    what: "a continuation of nothing",
    bytes: make({ opcode: 0, payload: "a" }),
    code: "WS_ERR_INVALID_OPCODE",
    closeCode: 1002,
    message: invalid("invalid opcode 0"),
  },
  ...[1, 2].map((opcode) => ({
    what: `a message (opcode ${opcode}) within a fragmented one`,
    bytes: join({ opcode: 1, payload: "a", fin: false }, { opcode, payload: "b" }),
    code: "WS_ERR_INVALID_OPCODE",
    closeCode: 1002,
    message: invalid(`invalid opcode ${opcode}`),
  })),
  ...[3, 4, 5, 6, 7, 11, 12, 13, 14, 15].map((opcode) => ({
    what: `reserved opcode ${opcode}`,
    bytes: make({ opcode }),
    code: "WS_ERR_INVALID_OPCODE",
    closeCode: 1002,
    message: invalid(`invalid opcode ${opcode}`),
  })),
  ...[8, 9, 10].map((opcode) => ({
    what: `a fragmented control frame (opcode ${opcode})`,
    bytes: make({ opcode, fin: false }),
    code: "WS_ERR_EXPECTED_FIN",
    closeCode: 1002,
    message: invalid("FIN must be set"),
  })),
  ...[8, 9, 10].map((opcode) => ({
    what: `a control frame of 126 bytes (opcode ${opcode})`,
    bytes: make({ opcode, payload: Buffer.alloc(126, 0x61) }),
    code: "WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH",
    closeCode: 1002,
    message: invalid("invalid payload length 126"),
  })),
  {
    what: "a Close frame of one byte",
    bytes: make({ opcode: 8, payload: "a" }),
    code: "WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH",
    closeCode: 1002,
    message: invalid("invalid payload length 1"),
  },
  ...[0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535].map((status) => ({
    what: `a Close frame with code ${status}`,
    bytes: make({ opcode: 8, payload: closeBody(status) }),
    code: "WS_ERR_INVALID_CLOSE_CODE",
    closeCode: 1002,
    message: invalid(`invalid status code ${status}`),
  })),
  {
    what: "text that is not UTF-8",
    bytes: make({ opcode: 1, payload: badUtf8 }),
    code: "WS_ERR_INVALID_UTF8",
    closeCode: 1007,
    message: invalid("invalid UTF-8 sequence"),
    type: Error,
  },
  {
    what: "text that is not UTF-8 across fragments",
    bytes: join(
      { opcode: 1, payload: Buffer.from([0xc3]), fin: false },
      { opcode: 0, payload: "a" },
    ),
    code: "WS_ERR_INVALID_UTF8",
    closeCode: 1007,
    message: invalid("invalid UTF-8 sequence"),
  },
  {
    what: "a close reason that is not UTF-8",
    bytes: make({ opcode: 8, payload: closeBody(1000, badUtf8) }),
    code: "WS_ERR_INVALID_UTF8",
    closeCode: 1007,
    message: invalid("invalid UTF-8 sequence"),
  },
  {
    what: "a length of 2⁵³ or more",
    bytes: (mask) => Buffer.from([0x82, mask ? 0xff : 0x7f, 0, 0x20, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4]),
    code: "WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH",
    closeCode: 1009,
    message: "Unsupported WebSocket frame: payload length > 2^53 - 1",
  },
];

const fromClient: BadFrame[] = [
  ...badFrames,
  {
    what: "a frame without a mask",
    bytes: () => frame({ opcode: 1, payload: "a" }),
    code: "WS_ERR_EXPECTED_MASK",
    closeCode: 1002,
    message: invalid("MASK must be set"),
  },
];

const fromServer: BadFrame[] = [
  ...badFrames,
  {
    what: "a frame with a mask",
    bytes: () => frame({ opcode: 1, payload: "a", mask: true }),
    code: "WS_ERR_UNEXPECTED_MASK",
    closeCode: 1002,
    message: invalid("MASK must be clear"),
  },
];

describe.each(targets)("bad frames at $name", (target) => {
  test.each(fromClient)("a server refuses $what", async ({ bytes, code, closeCode, message }) => {
    const { server, port } = await listen(target);
    const connected = next<[Socket]>(server, "connection");
    const peer = await openRawClient(port);
    const [socket] = await connected;
    socket.on("message", () => expect.unreachable("no message was complete"));
    const [error, closed] = [nextError(socket), nextClose(socket)];
    peer.write(bytes(true));
    expect(await peer.closeCode()).toBe(closeCode);
    expect((await error).code).toBe(code);
    expect((await error).message).toContain(message.replace(/ \d+$/, ""));
    expect(await error).toBeInstanceOf(Error);
    await peer.ended();
    peer.socket.end();
    expect(await closed).toEqual({ code: 1006, reason: "" });
  });

  test.each(fromServer)("a client refuses $what", async ({ bytes, code, closeCode, message }) => {
    const { url, accepted } = await listenRaw();
    const client = connect(target, url);
    client.on("message", () => expect.unreachable("no message was complete"));
    const { peer } = await accepted();
    await next(client, "open");
    const [error, closed] = [nextError(client), nextClose(client)];
    peer.write(bytes(false));
    expect(await peer.closeCode()).toBe(closeCode);
    expect((await error).code).toBe(code);
    expect((await error).message).toContain(message.replace(/ \d+$/, ""));
    await peer.ended();
    peer.socket.end();
    expect(await closed).toEqual({ code: 1006, reason: "" });
  });

  test("'error' comes once, and before 'close'", async () => {
    const { server, port } = await listen(target);
    const connected = next<[Socket]>(server, "connection");
    const peer = await openRawClient(port);
    const [socket] = await connected;
    const order: string[] = [];
    socket.on("error", () => order.push(`error ${socket.readyState}`));
    socket.on("close", () => order.push(`close ${socket.readyState}`));
    const closed = next(socket, "close");
    peer.write(Buffer.concat([frame({ opcode: 3, mask: true }), frame({ opcode: 3, mask: true })]));
    await peer.closeCode();
    peer.socket.end();
    await closed;
    expect(order).toEqual(["error 2", "close 3"]);
  });

  test("what came before the bad frame is delivered", async () => {
    const { server, port } = await listen(target);
    const connected = next<[Socket]>(server, "connection");
    const peer = await openRawClient(port);
    const [socket] = await connected;
    const order: string[] = [];
    socket.on("message", (data) => order.push(String(data)));
    const error = nextError(socket);
    peer.write(
      Buffer.concat([
        frame({ opcode: 1, payload: "good", mask: true }),
        frame({ opcode: 3, mask: true }),
      ]),
    );
    await error;
    expect(order).toEqual(["good"]);
  });

  test("what comes after the bad frame is not", async () => {
    const { server, port } = await listen(target);
    const connected = next<[Socket]>(server, "connection");
    const peer = await openRawClient(port);
    const [socket] = await connected;
    socket.on("error", () => {});
    socket.on("message", () => expect.unreachable("the connection has failed"));
    const closed = next(socket, "close");
    peer.write(frame({ opcode: 3, mask: true }));
    await peer.closeCode();
    peer.write(frame({ opcode: 1, payload: "late", mask: true }));
    peer.socket.end();
    await closed;
  });

  test("good close codes are accepted and echoed", async () => {
    for (const code of [
      1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 4999,
    ]) {
      const { server, port } = await listen(target);
      const connected = next<[Socket]>(server, "connection");
      const peer = await openRawClient(port);
      const [socket] = await connected;
      const closed = nextClose(socket);
      peer.write(frame({ opcode: 8, payload: closeBody(code, "because"), mask: true }));
      expect(await peer.closeCode()).toBe(code);
      peer.socket.end();
      expect(await closed).toEqual({ code, reason: "because" });
    }
  });
});
