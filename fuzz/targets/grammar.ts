/** Texts by the grammars of the handshake, with something wrong now and then. */
import type { Random } from "../engine/random.ts";

const tokens = ["a", "b", "foo", "x-y", "chat.v2", "!#$%&'*+-.^_`|~", "constructor", "toString"];
const separators = [",", ", ", " ,", "\t,  ", ",,", " "];
const parameters = [
  ...["server_no_context_takeover", "client_no_context_takeover"],
  ...["server_max_window_bits", "client_max_window_bits", "unknown", "b"],
];
const values = ["8", "9", "10", "15", "16", "7", "09", "1e1", "0x9", "", "a", "+9", "15.0", " 9"];

export function subprotocolList(random: Random): string {
  return listOf(random, random.between(1, 5), () => token(random));
}

export function extensionList(random: Random): string {
  return listOf(random, random.between(1, 4), () => extension(random));
}

/** Elements for permessage-deflate alone, most of them good ones. */
export function deflateList(random: Random): string {
  return listOf(random, random.between(1, 3), () => deflateElement(random));
}

function extension(random: Random): string {
  if (random.chance(0.6)) return deflateElement(random);
  const count = random.below(3);
  let text = token(random);
  for (let index = 0; index < count; index += 1) {
    text += `${random.pick([";", "; ", " ; "])}${token(random)}`;
    if (random.chance(0.6)) text += `=${quotedOrNot(random, token(random))}`;
  }
  return text;
}

function deflateElement(random: Random): string {
  let text = "permessage-deflate";
  for (const parameter of parameters) {
    if (!random.chance(parameter.length === 1 || parameter === "unknown" ? 0.05 : 0.4)) continue;
    text += `; ${parameter}`;
    const isNumber = parameter.endsWith("bits");
    if (random.chance(isNumber ? 0.75 : 0.05)) {
      text += `=${quotedOrNot(random, random.pick(random.chance(0.8) ? values.slice(0, 4) : values))}`;
    }
    if (random.chance(0.05)) text += `; ${parameter}`;
  }
  return text;
}

function quotedOrNot(random: Random, text: string): string {
  if (random.chance(0.7)) return text;
  if (random.chance(0.5)) return `"${text}"`;
  return `"${[...text].map((character) => (random.chance(0.5) ? `\\${character}` : character)).join("")}"`;
}

function token(random: Random): string {
  return random.chance(0.9) ? random.pick(tokens) : `t${random.below(1000)}`;
}

function listOf(random: Random, count: number, element: () => string): string {
  let text = element();
  for (let index = 1; index < count; index += 1) {
    const separator = random.chance(0.9)
      ? random.pick(separators.slice(0, 4))
      : random.pick(separators);
    text += separator + element();
  }
  return text;
}
