import { describe, expect } from "vitest";
import { fieldOf, formatHead } from "../handshake.ts";
import { requires } from "../scenario.ts";
import { answerFields, asTyped, type DeflateOptions, startRawServer } from "../sides.ts";
import { target } from "../target.ts";

const server = await startRawServer();

type Deflate = boolean | DeflateOptions;

async function connect(perMessageDeflate: Deflate) {
  const { path, arrival } = server.expect();
  const socket = new target.WebSocket(`ws://127.0.0.1:${server.port}${path}`, {
    perMessageDeflate: asTyped(perMessageDeflate),
  });
  const outcome = new Promise<"open" | "error">((resolve) => {
    socket.on("open", () => resolve("open"));
    socket.on("error", () => resolve("error"));
  });
  return { socket, outcome, request: await arrival };
}

/** What the client offers; null for nothing. */
async function offerOf(options: Deflate): Promise<string | null> {
  const { request, outcome } = await connect(options);
  request.peer.destroy();
  await outcome;
  return fieldOf(request.head, "Sec-WebSocket-Extensions") ?? null;
}

/** What becomes of the client when the server answers so. */
async function outcomeOf(
  answer: string | readonly string[] | null,
  options: Deflate = true,
): Promise<string> {
  const { socket, request, outcome } = await connect(options);
  const fields = { ...answerFields(request.head), "Sec-WebSocket-Extensions": answer };
  request.peer.write(formatHead("HTTP/1.1 101 Switching Protocols", fields));
  const result = await outcome;
  const { extensions } = socket;
  request.peer.destroy();
  return result === "open" ? extensions || "open" : result;
}

describe("client", () => {
  const offers: readonly [name: string, options: Deflate, offer: string | null][] = [
    [
      "by default it offers to have its window limited",
      true,
      "permessage-deflate; client_max_window_bits",
    ],
    ["it offers nothing when compression is off", false, null],
    ["it can offer without the window", { clientMaxWindowBits: false }, "permessage-deflate"],
    [
      "it offers what the application asks for",
      {
        serverNoContextTakeover: true,
        clientNoContextTakeover: true,
        serverMaxWindowBits: 10,
        clientMaxWindowBits: 11,
      },
      "permessage-deflate; server_no_context_takeover; client_no_context_takeover; " +
        "server_max_window_bits=10; client_max_window_bits=11",
    ],
  ];
  for (const [name, options, offer] of offers) {
    requires(`RFC 7692 §7.1: ${name}`, async () => {
      expect(await offerOf(options)).toBe(offer);
    });
  }

  const accepted: readonly [name: string, answer: string, options?: Deflate][] = [
    ["§5: an answer without parameters is accepted", "permessage-deflate"],
    [
      "§7.1.1.1: server_no_context_takeover is accepted, asked for or not",
      "permessage-deflate; server_no_context_takeover",
    ],
    [
      "§7.1.1.2: client_no_context_takeover is accepted, asked for or not",
      "permessage-deflate; client_no_context_takeover",
    ],
    [
      "§7.1.2.1: server_max_window_bits is accepted, asked for or not",
      "permessage-deflate; server_max_window_bits=8",
    ],
    [
      "§7.1.2.1: a smaller server_max_window_bits than offered is accepted",
      "permessage-deflate; server_max_window_bits=9",
      { serverMaxWindowBits: 10 },
    ],
    [
      "§7.1.2.2: client_max_window_bits is accepted when it was offered",
      "permessage-deflate; client_max_window_bits=8",
    ],
    [
      "§7.1.2.2: a smaller client_max_window_bits than offered is accepted",
      "permessage-deflate; client_max_window_bits=9",
      { clientMaxWindowBits: 10 },
    ],
    ["§5: a quoted value is accepted", 'permessage-deflate; server_max_window_bits="12"'],
  ];
  for (const [name, answer, options] of accepted) {
    requires(`RFC 7692 ${name}`, async () => {
      expect(await outcomeOf(answer, options)).toContain("permessage-deflate");
    });
  }

  requires(
    "RFC 7692 §5: an answer without the extension opens the connection without it",
    async () => {
      expect(await outcomeOf(null)).toBe("open");
    },
  );

  const refused: readonly [name: string, answer: string | readonly string[], options?: Deflate][] =
    [
      ["§7.1: an unknown parameter", "permessage-deflate; unknown"],
      [
        "§7.1: server_no_context_takeover with a value",
        "permessage-deflate; server_no_context_takeover=1",
      ],
      [
        "§7.1: client_no_context_takeover with a value",
        "permessage-deflate; client_no_context_takeover=0",
      ],
      [
        "§7.1.2.1: server_max_window_bits without a value",
        "permessage-deflate; server_max_window_bits",
      ],
      ["§7.1.2.1: server_max_window_bits=7", "permessage-deflate; server_max_window_bits=7"],
      ["§7.1.2.1: server_max_window_bits=16", "permessage-deflate; server_max_window_bits=16"],
      ["§7.1.2.1: server_max_window_bits=09", "permessage-deflate; server_max_window_bits=09"],
      [
        "§7.1.2.2: client_max_window_bits without a value",
        "permessage-deflate; client_max_window_bits",
      ],
      ["§7.1.2.2: client_max_window_bits=7", "permessage-deflate; client_max_window_bits=7"],
      ["§7.1.2.2: client_max_window_bits=16", "permessage-deflate; client_max_window_bits=16"],
      [
        "§7.1: a parameter that comes twice",
        "permessage-deflate; server_max_window_bits=10; server_max_window_bits=10",
      ],
      ["§5: the extension twice", "permessage-deflate, permessage-deflate"],
      ["§5: the extension in two fields", ["permessage-deflate", "permessage-deflate"]],
      ["§5: another extension beside it", "permessage-deflate, foo"],
      ["§5: another extension instead of it", "permessage-bzip2"],
      [
        "§7.1.2.2: client_max_window_bits that was not offered",
        "permessage-deflate; client_max_window_bits=10",
        { clientMaxWindowBits: false },
      ],
      [
        "§7.1.2.2: a larger client_max_window_bits than offered",
        "permessage-deflate; client_max_window_bits=11",
        { clientMaxWindowBits: 10 },
      ],
      [
        "§7.1.2.1: a larger server_max_window_bits than offered",
        "permessage-deflate; server_max_window_bits=11",
        { serverMaxWindowBits: 10 },
      ],
      [
        "§7.1.2.1: no server_max_window_bits although one was offered",
        "permessage-deflate",
        { serverMaxWindowBits: 10 },
      ],
      [
        "§7.1.1.1: no server_no_context_takeover although it was offered",
        "permessage-deflate",
        { serverNoContextTakeover: true },
      ],
      ["§5: a malformed list", "permessage-deflate; =1"],
      ["§5: the extension when none was offered", "permessage-deflate", false],
    ];
  for (const [name, answer, options] of refused) {
    requires(`RFC 7692 ${name} in the answer is refused`, async () => {
      expect(await outcomeOf(answer, options)).toBe("error");
    });
  }
});
