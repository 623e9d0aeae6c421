import {
  encodePacket,
  type Packet,
  PacketDecoder,
  PacketError,
  packetFaults,
  packetLimits,
} from "@openline/protocol/socket";
import { Decoder } from "socket.io-parser";
import type { Random } from "../engine/random.ts";
import { bytesOf, type Target, textOf } from "../engine/target.ts";
import { check, same, Violation } from "../engine/violation.ts";

/** Between messages; one that begins with BINARY is binary. */
const SEPARATOR = "\x1e";
const BINARY = "\x01";

const words = [
  ...["0", "1", "2", "3", "4", "51-", "52-", "61-", "510-", "5999-", "/chat,", "/a", ",", "12"],
  ...['["a"]', '["a",1]', '["connect"]', "[]", "{}", '{"message":"m"}', '"text"', "null", "[1]"],
  ...['{"_placeholder":true,"num":0}', '{"_placeholder":true,"num":"splice"}', "[[[[[[[[[["],
  ...['"__proto__":{"polluted":1}', '{"constructor":{}}', '{"toString":"foo"}', "9007199254740993"],
  ...[SEPARATOR, BINARY, `${SEPARATOR}${BINARY}abc`, "1e1", " ", "-", "-0"],
].map(bytesOf);

const examples = [
  "0",
  '0/admin,{"token":"x"}',
  '2["hello",{"a":[1,null]}]',
  '2/chat,12["hello"]',
  '312["answer"]',
  '4{"message":"no"}',
  `51-["e",{"_placeholder":true,"num":0}]${SEPARATOR}${BINARY}abc`,
  `62-/a,7[{"b":{"_placeholder":true,"num":1}}]${SEPARATOR}${BINARY}x${SEPARATOR}${BINARY}y`,
  `51-["e",{"_placeholder":true,"num":"splice"}]${SEPARATOR}${BINARY}abc`,
  '42["error","x"]',
].map(bytesOf);

/** The messages of one connection. */
export const socketPackets: Target = {
  name: "socket-packets",
  about:
    "`PacketDecoder` of Socket.IO 5: refuses with a PacketError alone, never touches a prototype, gives what `encodePacket` makes the same packet of again, and what `socket.io-parser` gives",
  sources: /protocol\/src\/socket\/[a-z-]+\.ts/,
  maxBytes: 1500,
  shortExecutions: 15_000,
  dictionary: words,
  examples,
  generate: (random: Random) => bytesOf(messages(random)),
  work(input) {
    try {
      new PacketDecoder().addText(`2["a",${JSON.stringify(textOf(input))}]`);
      new PacketDecoder().addText(textOf(input));
    } catch (error) {
      if (!(error instanceof PacketError)) throw error;
    }
  },
  run(input) {
    const decoder = new PacketDecoder();
    const theirs: Packet[] = [];
    const reference = new Decoder();
    reference.on("decoded", (packet: Packet) => theirs.push(packet));
    let isComparable = true;
    let outcome = "";
    for (const message of textOf(input).split(SEPARATOR)) {
      const isBinary = message.startsWith(BINARY);
      const data = isBinary ? Buffer.from(message.slice(1), "latin1") : message;
      const packet = attempt(decoder, data);
      if (packet instanceof PacketError) return `${outcome} ${packet.fault}`;
      // White space before the JSON is an id to `socket.io-parser`.
      isComparable &&= isBinary || !/^\d[^[{"]*\s/.test(message);
      if (isComparable) addToReference(reference, data);
      if (packet === null) continue;
      outcome = `decoded ${packet.type}`;
      checkAgain(packet);
      if (isComparable) {
        same("socket.io-parser reads another packet", jsonOf(packet), jsonOf(theirs.at(-1)));
      }
    }
    check(!("polluted" in {}), "a prototype was touched");
    return outcome;
  },
};

function messages(random: Random): string {
  const type = random.pick(["0", "1", "2", "2", "3", "4", "51-", "61-", "52-"]);
  const nsp = random.chance(0.3) ? "/chat," : "";
  const id = random.chance(0.4) ? String(random.below(1000)) : "";
  const count = type.length > 1 ? Number(type[1]) : 0;
  const places = Array.from({ length: count }, (_, num) => `{"_placeholder":true,"num":${num}}`);
  const name = type[0] === "2" || type[0] === "5" ? ['"event"'] : [];
  const array = [...name, ...places, random.pick(["1", '"a"', "{}", "[[]]"])].join();
  const json = type === "0" ? "{}" : type === "1" ? "" : type === "4" ? '"no"' : `[${array}]`;
  const attachments = places.map((_, num) => `${SEPARATOR}${BINARY}bytes ${num}`).join("");
  return type + nsp + (type === "0" || type === "1" || type === "4" ? "" : id) + json + attachments;
}

function attempt(decoder: PacketDecoder, data: string | Buffer): Packet | null | PacketError {
  try {
    return typeof data === "string" ? decoder.addText(data) : decoder.addBytes(data);
  } catch (error) {
    if (!(error instanceof PacketError)) throw error;
    check(Object.hasOwn(packetFaults, error.fault), "an unknown fault");
    return error;
  }
}

function addToReference(reference: Decoder, data: string | Buffer): void {
  try {
    reference.add(data);
  } catch (error) {
    throw new Violation("socket.io-parser refuses what we accept", String(error));
  }
}

/** A packet that was decoded can be sent on. */
function checkAgain(packet: Packet): void {
  const { text, attachments } = encodePacket(packet);
  // A placeholder may come many times, and then makes as many attachments.
  const decoder = new PacketDecoder({ ...packetLimits, maxAttachments: 9999 });
  let again = decoder.addText(text);
  for (const bytes of attachments ?? []) again = decoder.addBytes(bytes);
  check(again !== null, "a packet that was decoded is encoded without its end");
  same("a packet changes when written and read", jsonOf(packet), jsonOf(again));
}

function jsonOf(packet: Packet | null | undefined): string {
  const { type, nsp, id, data } = packet ?? { type: -1, nsp: "", id: -1, data: "none" };
  return JSON.stringify([type, nsp, id, data]);
}
