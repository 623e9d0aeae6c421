import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { type Deviation, deviations } from "./deviations.ts";
import { connect, listen, listenHttp, next, nextError, openPair, track } from "./fixture.ts";
import { frame, listenRaw, openRawClient, requestUpgrade } from "./raw-peer.ts";
import { type ServerOptions, type Socket, type Target, targets } from "./targets.ts";

/** What a deviation looks like from outside, and what each library shows. */
interface Observation {
  readonly observe: (target: Target) => Promise<unknown>;
  readonly ws: unknown;
  readonly openline: unknown;
}

/** The server's end of a connection that is written by hand, and the error that ends it. */
async function failWith(
  target: Target,
  bytes: Buffer,
  options: ServerOptions = {},
  extensions?: string,
): Promise<Error & { code?: string }> {
  const { server, port } = await listen(target, options);
  const connected = next<[Socket]>(server, "connection");
  const peer = await openRawClient(
    port,
    extensions === undefined ? {} : { headers: { "Sec-WebSocket-Extensions": extensions } },
  );
  const error = nextError((await connected)[0]);
  peer.write(bytes);
  return error;
}

/** The length at which a message is refused, of those given. */
async function firstRefused(target: Target, sizes: number[]): Promise<number | undefined> {
  for (const size of sizes) {
    const { socket, client } = await openPair(target);
    client.on("error", () => {});
    const outcome = Promise.race([
      nextError(socket).then(() => "refused"),
      next(socket, "message").then(() => "taken"),
    ]);
    client.send(Buffer.alloc(size));
    if ((await outcome) === "refused") return size;
  }
  return undefined;
}

/** How a program in a Node of its own ends: its exit code, and what it printed. */
async function runProgram(target: Target, body: string): Promise<string> {
  const { execFile } = await import("node:child_process");
  const program = `const WebSocket = require(${JSON.stringify(target.specifier)});\n${body}`;
  const args = [
    "--conditions=@openline/source",
    "--import",
    "tsx",
    "--input-type=commonjs",
    "--eval",
    program,
  ];
  return new Promise((resolve) => {
    execFile(process.execPath, args, (error, stdout) =>
      resolve(`${error?.code ?? 0} ${stdout.trim()}`),
    );
  });
}

const observations: Record<keyof typeof deviations, Observation> = {
  maxPayload: {
    observe: (target) => firstRefused(target, [1024 * 1024, 1024 * 1024 + 1]),
    ws: undefined,
    openline: 1024 * 1024 + 1,
  },
  maxFragments: {
    observe: async (target) => {
      const { server, port } = await listen(target);
      const connected = next<[Socket]>(server, "connection");
      const peer = await openRawClient(port);
      const [socket] = await connected;
      const outcome = Promise.race([
        nextError(socket).then(({ code }) => code),
        next<[Buffer]>(socket, "message").then(([data]) => data.length),
      ]);
      const middle = frame({ opcode: 0, payload: "x", fin: false, mask: true });
      peer.write(frame({ opcode: 1, payload: "x", fin: false, mask: true }));
      peer.write(Buffer.concat(Array.from({ length: 1023 }, () => middle)));
      peer.write(frame({ opcode: 0, payload: "x", mask: true }));
      return outcome;
    },
    ws: 1025,
    openline: "WS_ERR_TOO_MANY_BUFFERED_PARTS",
  },
  pingBurst: {
    observe: async (target) => {
      const { server, port } = await listen(target);
      const connected = next<[Socket]>(server, "connection");
      const peer = await openRawClient(port);
      const [socket] = await connected;
      socket.on("error", () => {});
      const ping = frame({ opcode: 9, payload: "x", mask: true });
      peer.write(Buffer.concat(Array.from({ length: 61 }, () => ping)));
      peer.write(frame({ opcode: 8, mask: true }));
      let pongs = 0;
      for (;;) {
        const answer = await peer.frame();
        if (answer?.opcode !== 10) break;
        pongs += 1;
      }
      return pongs === 61 ? "answered" : "terminated";
    },
    ws: "terminated",
    openline: "answered",
  },
  unheardError: {
    observe: (target) =>
      runProgram(
        target,
        `
        const server = new WebSocket.Server({ port: 0 }, () => {
          const socket = require("node:net").connect(server.address().port);
          socket.on("error", () => {});
          socket.write("GET / HTTP/1.1\\r\\nHost: a\\r\\nUpgrade: websocket\\r\\nConnection: Upgrade\\r\\n" +
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\\r\\nSec-WebSocket-Version: 13\\r\\n\\r\\n");
          socket.once("data", () => socket.end(Buffer.from("bf8000000000", "hex")));
        });
        server.on("connection", (socket) => socket.on("close", () => {
          console.log("lives on");
          process.exit(0);
        }));
      `,
      ),
    ws: "1 ",
    openline: "0 lives on",
  },
  foreignOrigin: {
    observe: async (target) => {
      const { port } = await listen(target);
      const { response } = await requestUpgrade(port, {
        headers: { Origin: "https://evil.example" },
      });
      return response.status;
    },
    ws: 101,
    openline: 403,
  },
  version8: {
    observe: async (target) => {
      const { port } = await listen(target);
      const { response } = await requestUpgrade(port, {
        headers: { "Sec-WebSocket-Version": "8" },
      });
      return response.status;
    },
    ws: 101,
    openline: 426,
  },
  unknownVersion: {
    observe: async (target) => {
      const { port } = await listen(target);
      const { response } = await requestUpgrade(port, {
        headers: { "Sec-WebSocket-Version": "12" },
      });
      return [response.status, response.headers["sec-websocket-version"]];
    },
    ws: [400, "13, 8"],
    openline: [426, "13"],
  },
  clientVersion8: {
    observe: async (target) => {
      const { url } = await listen(target);
      try {
        await next(connect(target, url, { protocolVersion: 8 }), "open");
        return "open";
      } catch (error) {
        return (error as Error).name;
      }
    },
    ws: "open",
    openline: "RangeError",
  },
  ownHeaders: {
    observe: async (target) => {
      const { port } = await listen(target);
      const { response } = await requestUpgrade(port, { headers: { "X-Long": "x".repeat(9_000) } });
      return response.status;
    },
    ws: 101,
    openline: 431,
  },
  perAddress: {
    observe: async (target) => {
      const { http, port } = await listenHttp();
      // As if everyone came from one public address: that is where Node reads it from.
      http.on("connection", (socket) => {
        Object.defineProperty(socket, "remoteAddress", { value: "203.0.113.7" });
      });
      track(new target.WebSocketServer({ server: http }));
      const statuses = new Map<number, number>();
      for (let index = 0; index < 101; index++) {
        const { response } = await requestUpgrade(port);
        statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1);
      }
      return [...statuses];
    },
    ws: [[101, 101]],
    openline: [
      [101, 100],
      [429, 1],
    ],
  },
  heartbeat: {
    observe: async (target) => {
      const options = { heartbeat: { intervalMs: 20, timeoutMs: 60_000 } } as ServerOptions;
      const { server, port } = await listen(target, options);
      const connected = next<[Socket]>(server, "connection");
      const peer = await openRawClient(port);
      const [socket] = await connected;
      // ws does not know the option: something else has to end the wait.
      if (target.name === "ws") socket.send("nothing came");
      return (await peer.frame())?.opcode;
    },
    ws: 1,
    openline: 9,
  },
  messageTimeout: {
    observe: async (target) => {
      const options = { messageTimeout: 20 } as ServerOptions;
      const { server, port } = await listen(target, options);
      const connected = next<[Socket]>(server, "connection");
      const peer = await openRawClient(port);
      const [socket] = await connected;
      socket.on("error", () => {});
      peer.write(frame({ opcode: 1, payload: "half", mask: true }).subarray(0, 8));
      if (target.name === "ws") socket.close(4000);
      return peer.closeCode();
    },
    ws: 4000,
    openline: 1008,
  },
  handshakeTimeout: {
    observe: async (target) => {
      const options = { handshakeTimeout: 20 } as ServerOptions;
      let isAsked = false;
      const { port } = await listen(target, {
        ...options,
        verifyClient: (_info, done) => {
          isAsked = true;
          if (target.name === "ws") setImmediate(() => done(false, 418));
        },
      });
      const { response } = await requestUpgrade(port);
      return [isAsked, response.status];
    },
    ws: [true, 418],
    openline: [true, 408],
  },
  backpressure: {
    observe: async (target) => {
      const { server, port } = await listen(target);
      const connected = next<[Socket]>(server, "connection");
      const peer = await openRawClient(port);
      peer.socket.pause();
      const [socket] = await connected;
      socket.on("error", () => {});
      const chunk = Buffer.alloc(1024 * 1024);
      for (let sent = 0; sent < 100 && socket.readyState === target.WebSocket.OPEN; sent++) {
        if (socket.bufferedAmount > 8 * chunk.length) return "grows";
        socket.send(chunk);
        await new Promise((resolve) => setImmediate(resolve));
      }
      return socket.readyState === target.WebSocket.OPEN ? "took it all" : "ended";
    },
    ws: "grows",
    openline: "ended",
  },
  errorClass: {
    observe: async (target) => {
      const error = await failWith(target, frame({ opcode: 3, mask: true }));
      return [error.name, error.code, (error as { closeCode?: number }).closeCode];
    },
    ws: ["RangeError", "WS_ERR_INVALID_OPCODE", undefined],
    openline: ["PeerError", "WS_ERR_INVALID_OPCODE", 1002],
  },
  inflateErrorCode: {
    observe: async (target) => {
      const bytes = frame({
        opcode: 1,
        reserved: 0x40,
        payload: Buffer.from([255, 255]),
        mask: true,
      });
      return (await failWith(target, bytes, { perMessageDeflate: true }, "permessage-deflate"))
        .code;
    },
    ws: "Z_DATA_ERROR",
    openline: "WS_ERR_INVALID_DEFLATE_DATA",
  },
  utf8Early: {
    observe: async (target) => {
      const { server, port } = await listen(target);
      const connected = next<[Socket]>(server, "connection");
      const peer = await openRawClient(port);
      const [socket] = await connected;
      const outcome = Promise.race([
        nextError(socket).then(({ code }) => code),
        next(socket, "ping").then(() => "waits for the rest"),
      ]);
      peer.write(
        Buffer.concat([
          frame({ opcode: 1, payload: Buffer.from([0xff]), fin: false, mask: true }),
          frame({ opcode: 9, mask: true }),
        ]),
      );
      return outcome;
    },
    ws: "waits for the rest",
    openline: "WS_ERR_INVALID_UTF8",
  },
  declinedOffer: {
    observe: async (target) => {
      const { port } = await listen(target, { perMessageDeflate: true });
      const { response } = await requestUpgrade(port, {
        headers: { "Sec-WebSocket-Extensions": "permessage-deflate; server_max_window_bits=7" },
      });
      return [response.status, response.headers["sec-websocket-extensions"]];
    },
    ws: [400, undefined],
    openline: [101, undefined],
  },
  refusalType: {
    observe: async (target) => {
      const { port } = await listen(target, { verifyClient: () => false });
      return (await requestUpgrade(port)).response.headers["content-type"];
    },
    ws: "text/html",
    openline: "text/plain; charset=utf-8",
  },
  splitHeader: {
    observe: async (target) => {
      const { port } = await listen(target, {
        verifyClient: (_info, done) =>
          done(false, 403, "no", { "X-Why": "a\r\nSet-Cookie: evil=1" }),
      });
      const { headers } = (await requestUpgrade(port)).response;
      return [headers["x-why"], headers["set-cookie"]];
    },
    ws: ["a", "evil=1"],
    openline: ["a Set-Cookie: evil=1", undefined],
  },
  sharedBytes: {
    observe: async (target) => {
      const { url, accepted } = await listenRaw();
      const client = connect(target, url, { generateMask: (mask: Buffer) => mask.fill(1) });
      await next(client, "open");
      const shared = new SharedArrayBuffer(3);
      client.send(shared);
      await (await accepted()).peer.frame();
      return [...new Uint8Array(shared)];
    },
    ws: [1, 1, 1],
    openline: [0, 0, 0],
  },
  internals: {
    observe: async (target) => {
      const specifier: string = target.specifier;
      const module = (await import(specifier)) as Record<string, unknown>;
      const names = ["Sender", "Receiver", "PerMessageDeflate", "extension", "subprotocol"];
      return names.filter((name) => name in module);
    },
    ws: ["Sender", "Receiver", "PerMessageDeflate", "extension", "subprotocol"],
    openline: [],
  },
  badOption: {
    observe: async (target) => {
      try {
        track(new target.WebSocketServer({ noServer: true, maxPayload: -1 }));
        return "accepted";
      } catch (error) {
        return `${(error as Error).name} of ${(error as Error).message.split(" ")[0]}`;
      }
    },
    ws: "accepted",
    openline: "RangeError of maxPayload",
  },
};

describe.each(targets)("where we differ from ws on purpose: $name", (target) => {
  test.each(Object.keys(deviations) as (keyof typeof deviations)[])("%s", async (name) => {
    const { observe, ...expected } = observations[name];
    expect(await observe(target)).toEqual(expected[target.name]);
  });
});

test("the guide for those who come from ws shows the same table", () => {
  const guide = readFileSync(new URL("../../docs/migrating-from-ws.md", import.meta.url), "utf8");
  const rows = Object.values<Deviation>(deviations).map(
    ({ what, ws, openline, why }) => `| ${what} | ${ws} | ${openline} | ${why} |`,
  );
  const shown = guide
    .split("<!-- deviations -->")[1]
    ?.trim()
    .split("\n")
    .slice(2)
    .map((row) => row.replace(/ +\|/g, " |"));
  expect(shown).toEqual(rows);
});
