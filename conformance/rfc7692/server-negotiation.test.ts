import { describe, expect } from "vitest";
import { fieldOf, formatHead, parseHead, statusOf } from "../handshake.ts";
import { requires } from "../scenario.ts";
import {
  asTyped,
  connectRaw,
  type DeflateOptions,
  type RunningServer,
  requestFields,
  startServer,
} from "../sides.ts";

const servers = new Map<string, Promise<RunningServer>>();

/** The server's answer to these offers; null when it goes on without the extension. */
async function answerTo(
  offers: string | readonly string[] | null,
  options: boolean | DeflateOptions = true,
): Promise<string | null> {
  const key = JSON.stringify(options);
  let starting = servers.get(key);
  if (starting === undefined) {
    starting = startServer({ perMessageDeflate: asTyped(options) });
    servers.set(key, starting);
  }
  const server = await starting;
  const peer = await connectRaw(server.port);
  const fields = { ...requestFields(server.port), "Sec-WebSocket-Extensions": offers };
  peer.write(formatHead("GET / HTTP/1.1", fields));
  const head = parseHead(await peer.readHead());
  peer.destroy();
  expect(statusOf(head)).toBe(101);
  return fieldOf(head, "Sec-WebSocket-Extensions") ?? null;
}

/** The parameters of an answer, without regard to their order. */
function parametersOf(answer: string | null): string[] {
  const [name, ...parameters] = (answer ?? "none").split(";").map((part) => part.trim());
  expect(name).toBe("permessage-deflate");
  return parameters.sort();
}

describe("server", () => {
  const agreed: readonly [
    name: string,
    offers: string | readonly string[],
    parameters: string[],
    options?: DeflateOptions,
  ][] = [
    ["§7.1: the bare offer is accepted", "permessage-deflate", []],
    [
      "§7.1.1.1: server_no_context_takeover is accepted by being answered",
      "permessage-deflate; server_no_context_takeover",
      ["server_no_context_takeover"],
    ],
    [
      "§7.1.1.2: client_no_context_takeover is answered",
      "permessage-deflate; client_no_context_takeover",
      ["client_no_context_takeover"],
    ],
    [
      "§7.1.1.1: a server may ask for server_no_context_takeover by itself",
      "permessage-deflate",
      ["server_no_context_takeover"],
      { serverNoContextTakeover: true },
    ],
    [
      "§7.1.1.2: a server may ask for client_no_context_takeover by itself",
      "permessage-deflate",
      ["client_no_context_takeover"],
      { clientNoContextTakeover: true },
    ],
    [
      "§7.1.2.1: a server may limit its window by itself",
      "permessage-deflate",
      ["server_max_window_bits=10"],
      { serverMaxWindowBits: 10 },
    ],
    [
      "§7.1.2.1: a server may answer a smaller window than it was offered",
      "permessage-deflate; server_max_window_bits=12",
      ["server_max_window_bits=10"],
      { serverMaxWindowBits: 10 },
    ],
    [
      "§7.1.2.2: a server may limit the window of a client that offers it",
      "permessage-deflate; client_max_window_bits",
      ["client_max_window_bits=11"],
      { clientMaxWindowBits: 11 },
    ],
    [
      "§7.1.2.2: a server may limit the window of a client further",
      "permessage-deflate; client_max_window_bits=13",
      ["client_max_window_bits=11"],
      { clientMaxWindowBits: 11 },
    ],
    [
      "§5: of two offers the first one that suits is answered",
      "permessage-deflate; server_max_window_bits=9, permessage-deflate",
      [],
      { serverMaxWindowBits: false },
    ],
    [
      "§5: of two good offers one is answered, once",
      "permessage-deflate; client_no_context_takeover, permessage-deflate",
      ["client_no_context_takeover"],
    ],
    [
      "§5: offers of two fields are one list",
      ["permessage-deflate; server_max_window_bits=9", "permessage-deflate"],
      [],
      { serverMaxWindowBits: false },
    ],
    [
      "§5: other extensions in the list are passed over",
      "x-webkit-deflate-frame, permessage-deflate, foo; bar=baz",
      [],
    ],
    [
      "§5: space in the list does not matter",
      "foo ,\tpermessage-deflate  ;server_no_context_takeover",
      ["server_no_context_takeover"],
    ],
    [
      "§5: a value may be quoted",
      'permessage-deflate; server_max_window_bits="10"',
      ["server_max_window_bits=10"],
    ],
    [
      "§7.1.2.2: an unknown offer before a good one does not spoil it",
      "permessage-deflate; unknown, permessage-deflate",
      [],
    ],
  ];
  for (const [name, offers, parameters, options] of agreed) {
    requires(`RFC 7692 ${name}`, async () => {
      expect(parametersOf(await answerTo(offers, options))).toEqual(parameters);
    });
  }

  for (let bits = 8; bits <= 15; bits += 1) {
    requires(
      `RFC 7692 §7.1.2.1: server_max_window_bits=${bits} is answered with no more`,
      async () => {
        const answer = await answerTo(`permessage-deflate; server_max_window_bits=${bits}`);
        expect(parametersOf(answer)).toEqual([`server_max_window_bits=${bits}`]);
      },
    );

    requires(
      `RFC 7692 §7.1.2.2: client_max_window_bits=${bits} is answered with no more, or not at all`,
      async () => {
        const answer = await answerTo(`permessage-deflate; client_max_window_bits=${bits}`);
        expect([[], [`client_max_window_bits=${bits}`]]).toContainEqual(parametersOf(answer));
      },
    );
  }

  requires(
    "RFC 7692 §7.1.2.2: a client that offers no client_max_window_bits gets none",
    async () => {
      expect(await answerTo("permessage-deflate", { clientMaxWindowBits: 10 })).toBeNull();
      const either = "permessage-deflate, permessage-deflate; client_max_window_bits";
      expect(parametersOf(await answerTo(either, { clientMaxWindowBits: 10 }))).toEqual([
        "client_max_window_bits=10",
      ]);
    },
  );

  const declined: readonly [name: string, offer: string, options?: DeflateOptions][] = [
    ["an unknown parameter", "permessage-deflate; unknown"],
    ["an unknown parameter with a value", "permessage-deflate; unknown=10"],
    ["a parameter of another case", "permessage-deflate; Server_No_Context_Takeover"],
    ["server_no_context_takeover with a value", "permessage-deflate; server_no_context_takeover=1"],
    ["client_no_context_takeover with a value", "permessage-deflate; client_no_context_takeover=1"],
    ["server_max_window_bits without a value", "permessage-deflate; server_max_window_bits"],
    ["server_max_window_bits=7", "permessage-deflate; server_max_window_bits=7"],
    ["server_max_window_bits=16", "permessage-deflate; server_max_window_bits=16"],
    ["server_max_window_bits=0", "permessage-deflate; server_max_window_bits=0"],
    ["server_max_window_bits=010", "permessage-deflate; server_max_window_bits=010"],
    ["server_max_window_bits=1e1", "permessage-deflate; server_max_window_bits=1e1"],
    ["server_max_window_bits=abc", "permessage-deflate; server_max_window_bits=abc"],
    ["client_max_window_bits=7", "permessage-deflate; client_max_window_bits=7"],
    ["client_max_window_bits=16", "permessage-deflate; client_max_window_bits=16"],
    ["client_max_window_bits=08", "permessage-deflate; client_max_window_bits=08"],
    [
      "a parameter that comes twice",
      "permessage-deflate; server_max_window_bits=10; server_max_window_bits=10",
    ],
    [
      "a flag that comes twice",
      "permessage-deflate; server_no_context_takeover; server_no_context_takeover",
    ],
  ];
  for (const [name, offer] of declined) {
    requires(
      `RFC 7692 §7.1: an offer with ${name} is declined, and the connection goes on`,
      async () => {
        expect(await answerTo(offer)).toBeNull();
      },
    );
  }

  const unsuitable: readonly [name: string, offer: string, options: DeflateOptions][] = [
    [
      "server_no_context_takeover that the server does not want",
      "permessage-deflate; server_no_context_takeover",
      { serverNoContextTakeover: false },
    ],
    [
      "a smaller window than the server wants",
      "permessage-deflate; server_max_window_bits=9",
      { serverMaxWindowBits: 10 },
    ],
    [
      "a limit of the window that the server does not want",
      "permessage-deflate; server_max_window_bits=9",
      { serverMaxWindowBits: false },
    ],
  ];
  for (const [name, offer, options] of unsuitable) {
    requires(
      `RFC 7692 §5: an offer with ${name} is declined, and the connection goes on`,
      async () => {
        expect(await answerTo(offer, options)).toBeNull();
      },
    );
  }

  requires("RFC 7692 §5: nothing is answered to a client that offers nothing", async () => {
    expect(await answerTo(null)).toBeNull();
  });

  requires("RFC 7692 §5: a server that does not compress answers no offer", async () => {
    expect(await answerTo("permessage-deflate", false)).toBeNull();
  });

  const malformed = [
    "permessage-deflate;",
    "permessage-deflate; ;",
    "permessage-deflate; =10",
    "permessage-deflate; server_max_window_bits=",
    'permessage-deflate; server_max_window_bits="10',
    "permessage-deflate server_no_context_takeover",
    "perméssage-deflate",
  ];
  for (const offer of malformed) {
    requires(`RFC 6455 §9.1: the list of extensions ${offer} is refused with 400`, async () => {
      const server = await startServer({ perMessageDeflate: true });
      const peer = await connectRaw(server.port);
      const fields = { ...requestFields(server.port), "Sec-WebSocket-Extensions": offer };
      peer.write(formatHead("GET / HTTP/1.1", fields));
      expect(statusOf(parseHead(await peer.readHead()))).toBe(400);
      peer.end();
      await peer.framesUntilEnd();
    });
  }

  requires("RFC 9110 §5.6.1: empty elements of a list of extensions are passed over", async () => {
    expect(parametersOf(await answerTo(", permessage-deflate, ,"))).toEqual([]);
  });
});
