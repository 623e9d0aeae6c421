import { opcodes } from "@openline/protocol/websocket";
import type { Random } from "../engine/random.ts";
import { concat, hex, type Target } from "../engine/target.ts";
import { check, same } from "../engine/violation.ts";
import { WsReceiver } from "../reference/ws.ts";
import {
  type ConnectionSetup,
  lineOf,
  runConnection,
  setupBytes,
  setupOf,
  type Told,
} from "./connection-run.ts";
import { cutsOf } from "./cuts.ts";
import { frameStream, frameWords } from "./frame-grammar.ts";

const about = (role: string): string =>
  `the \`Connection\` of a ${role} under every kind of limit: the same events wherever the bytes are cut, held or not; memory that follows what has arrived; and the messages, fault and close code of the \`Receiver\` of \`ws\``;

const sources =
  /protocol\/src\/(websocket\/(connection|frame|frame-rules|message-assembly|close)|bytes\/(utf8|mask))\.ts/;

/** Frames of clients, which are masked. The first two bytes choose the setup. */
export const serverFrames: Target = framesOf("server", [
  "00 00  81 85 37fa213d 7f9f4d5158", // "Hello", from RFC 6455 §5.7
  "00 00  01 83 00000000 48656c  89 80 00000000  80 82 00000000 6c6f", // with a ping between
  "08 00  81 81 00000000 61  82 81 00000000 61  88 82 00000000 03e8",
  "01 05  01 80 00000000  00 80 00000000  80 80 00000000",
  "00 02  82 ff 7fffffffffffffff 00000000",
  "00 00  82 ff 0000000100000000 00000000 00", // announces 4 GiB
  "00 00  82 fe 0003 00000000 616263",
  "00 00  01 82 00000000 e282  80 81 00000000 ac", // a character in two fragments
]);

/** Frames of servers, which are not masked. */
export const clientFrames: Target = framesOf("client", [
  "00 00  81 05 48656c6c6f",
  "00 00  01 03 48656c  80 02 6c6f",
  "00 00  82 7e 0100 00",
  "00 00  82 7f 0000000100000000 00", // announces 4 GiB
  "09 08  01 01 61  00 00  8a 00  80 01 62  88 00",
  "00 00  88 05 03e8 616263",
]);

/** A Close frame with the input as its payload. */
export const closePayloads: Target = {
  name: "close-payloads",
  about:
    "Close frames: only codes that RFC 6455 §7.4 and the registry allow, only reasons that are UTF-8, as in `ws`",
  sources: /protocol\/src\/websocket\/(connection|close)\.ts/,
  maxBytes: 125,
  shortExecutions: 12_000,
  dictionary: ["03 e8", "03 ed", "03 f7", "0b b7", "13 87", "ed a0 80", "c3"].map(hex),
  examples: ["", "03e8", "03", "03e8 616263", "03ee", "0fa0 ceba", "03e8 ed"].map(hex),
  generate: (random: Random) =>
    concat(
      Uint8Array.of(random.pick([3, 11, 15, 19]), random.below(256)),
      random.bytes(random.below(random.chance(0.5) ? 1 : 20)),
    ),
  run(input) {
    const setup = setupOf(new Uint8Array(2), "client");
    const stream = concat(Uint8Array.of(0x80 | opcodes.close, input.length), input);
    return compare(setup, stream);
  },
};

function framesOf(role: "server" | "client", examples: readonly string[]): Target {
  return {
    name: `${role}-frames`,
    about: about(role),
    sources,
    maxBytes: 2048,
    shortExecutions: 12_000,
    dictionary: frameWords,
    examples: examples.map(hex),
    generate: (random: Random) =>
      concat(
        Uint8Array.of(random.below(16), random.below(16)),
        frameStream(random, { isMasked: role === "server", hasDeflate: false }),
      ),
    run: (input) => compare(setupOf(input, role), input.subarray(setupBytes)),
  };
}

function compare(setup: ConnectionSetup, stream: Uint8Array): string {
  const whole = runConnection(setup, [stream], false);
  const cut = runConnection(setup, cutsOf(stream), true);
  same("a cut changes what is told", linesOf(whole), linesOf(cut));
  check(
    whole.isBetweenMessages === cut.isBetweenMessages,
    "a cut changes whether a message is open",
  );
  const theirs = runWs(setup, stream);
  agree(setup, stream, whole, theirs);
  return `${whole.fault ?? (whole.isBetweenMessages ? "idle" : "open")} ${kindsOf(whole)}`;
}

/** Which kinds of events there were: an outcome of which there are few. */
function kindsOf({ events }: Told): string {
  return [...new Set(events.map((line) => line.slice(0, 4)))].sort().join();
}

function linesOf({ events, fault }: Told): string {
  return [...events, fault ?? "no fault"].join("\n");
}

/** The same bytes for the receiver of `ws`. */
function runWs(setup: ConnectionSetup, stream: Uint8Array): Told {
  const told: Told = { events: [], fault: null, isBetweenMessages: false };
  const receiver = new WsReceiver({
    isServer: setup.role === "server",
    maxPayload: setup.maxPayload,
    maxFragments: setup.maxFragments,
    skipUTF8Validation: setup.skipUtf8Validation,
  });
  const tell = (kind: string, data: Uint8Array): void => {
    told.events.push(lineOf(kind, data, 0, data.length));
  };
  receiver.on("message", (data: Uint8Array, isBinary: boolean) =>
    tell(isBinary ? "binary" : "text", data),
  );
  receiver.on("ping", (data: Uint8Array) => tell("ping", data));
  receiver.on("pong", (data: Uint8Array) => tell("pong", data));
  receiver.on("conclude", (code: number, reason: Uint8Array) => tell(`close ${code}`, reason));
  receiver._write(Buffer.from(stream), null, (error) => {
    if (error !== undefined && error !== null) told.fault = error.code.replace("WS_ERR_", "");
  });
  return told;
}

/**
 * What may differ is when: we refuse text at the wrong byte and fragments by their header, `ws`
 * when the frame or message is complete; `ws` refuses a length before the masking key has come.
 */
function agree(setup: ConnectionSetup, stream: Uint8Array, ours: Told, theirs: Told): void {
  if (linesOf(ours) === linesOf(theirs)) return;
  if (ours.fault === "INVALID_UTF8") {
    const rest = theirs.events.slice(ours.events.length);
    const isDelivered = rest.some((line) => /^(text|binary)/.test(line));
    check(!isDelivered, "ws delivers what we refuse as no UTF-8", () => linesOf(theirs));
    same(
      "ws tells something else before wrong UTF-8",
      ours.events.join(),
      theirs.events.slice(0, ours.events.length).join(),
    );
    return;
  }
  same("ws tells other events", ours.events.join("\n"), theirs.events.join("\n"));
  if (ours.fault === "TOO_MANY_BUFFERED_PARTS") {
    const isLater = theirs.fault === null || theirs.fault === "UNSUPPORTED_MESSAGE_LENGTH";
    check(isLater, "ws has another fault than too many fragments", () => `${theirs.fault}`);
    return;
  }
  const isLength =
    theirs.fault === "UNSUPPORTED_MESSAGE_LENGTH" ||
    theirs.fault === "UNSUPPORTED_DATA_PAYLOAD_LENGTH";
  if (ours.fault === null && isLength) {
    const withKey = runConnection(setup, [concat(stream, new Uint8Array(4))], false);
    // A frame that is past both limits breaks the one or the other.
    if (withKey.fault === "TOO_MANY_BUFFERED_PARTS") return;
    same("ws has another fault", withKey.fault ?? "no fault", theirs.fault ?? "no fault");
    return;
  }
  same("ws has another fault", ours.fault ?? "no fault", theirs.fault ?? "no fault");
}
