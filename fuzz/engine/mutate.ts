import type { Random } from "./random.ts";
import { concat } from "./target.ts";

/** What a mutation may draw on. */
export interface Material {
  readonly dictionary: readonly Uint8Array[];
  /** Another input of the corpus. */
  readonly other: Uint8Array;
  readonly maxBytes: number;
}

type Mutator = (input: Uint8Array, random: Random, material: Material) => Uint8Array;

/** Bytes around the borders of lengths, signs, UTF-8 and ASCII. */
const borderBytes = [0x00, 0x01, 0x09, 0x20, 0x22, 0x2c, 0x3b, 0x3d, 0x7d, 0x7e, 0x7f, 0x80, 0x81];
const moreBorderBytes = [0x88, 0x89, 0x8a, 0xbf, 0xc0, 0xc1, 0xe0, 0xed, 0xf0, 0xf4, 0xfe, 0xff];
const interestingBytes = [...borderBytes, ...moreBorderBytes];

/** Numbers around the borders of lengths, most significant byte first. */
const interestingNumbers = [0, 1, 125, 126, 127, 128, 255, 256, 1000, 1005, 4096, 65535, 65536];
const moreNumbers = [2 ** 20, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1, 2 ** 53];
const numbers = [...interestingNumbers, ...moreNumbers];

const mutators: readonly Mutator[] = [
  flipBit,
  setByte,
  addToByte,
  writeNumber,
  insertBytes,
  deleteRange,
  duplicateRange,
  moveRange,
  cutOff,
  insertWord,
  insertWord,
  overwriteWord,
  splice,
];

/** A changed copy of `input`: one mutation or several, of at most `maxBytes` bytes. */
export function mutate(input: Uint8Array, random: Random, material: Material): Uint8Array {
  let output: Uint8Array = input.slice();
  const rounds = 1 << random.below(4);
  for (let round = 0; round < rounds; round += 1) {
    output = random.pick(mutators)(output, random, material);
  }
  return output.length > material.maxBytes ? output.slice(0, material.maxBytes) : output;
}

/** A start and an end behind it; short ranges are as likely as long ones. */
function rangeOf(input: Uint8Array, random: Random): [start: number, end: number] {
  const start = random.below(input.length + 1);
  const longest = input.length - start;
  const length = random.chance(0.5)
    ? random.below(Math.min(8, longest) + 1)
    : random.below(longest + 1);
  return [start, start + length];
}

function flipBit(input: Uint8Array, random: Random): Uint8Array {
  if (input.length > 0) input[random.below(input.length)]! ^= 1 << random.below(8);
  return input;
}

function setByte(input: Uint8Array, random: Random): Uint8Array {
  if (input.length > 0) {
    const byte = random.chance(0.5) ? random.pick(interestingBytes) : random.below(256);
    input[random.below(input.length)] = byte;
  }
  return input;
}

/** Also counts digits and letters up and down. */
function addToByte(input: Uint8Array, random: Random): Uint8Array {
  if (input.length > 0) input[random.below(input.length)]! += random.between(-4, 4);
  return input;
}

function writeNumber(input: Uint8Array, random: Random): Uint8Array {
  const size = random.pick([1, 2, 2, 4, 8, 8]);
  if (input.length < size) return input;
  const at = random.below(input.length - size + 1);
  const value = BigInt(random.pick(numbers)) + BigInt(random.between(-1, 1));
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(value);
  input.set(bytes.subarray(8 - size), at);
  return input;
}

function insertBytes(input: Uint8Array, random: Random): Uint8Array {
  return insertAt(input, random.below(input.length + 1), random.bytes(random.between(1, 6)));
}

function deleteRange(input: Uint8Array, random: Random): Uint8Array {
  const [start, end] = rangeOf(input, random);
  return concat(input.subarray(0, start), input.subarray(end));
}

/** Once, or many times in a row: repetition finds counters and what is not linear. */
function duplicateRange(input: Uint8Array, random: Random, { maxBytes }: Material): Uint8Array {
  const [start, end] = rangeOf(input, random);
  const range = input.subarray(start, end);
  const room = Math.floor((maxBytes - input.length) / Math.max(1, range.length));
  const times = Math.max(0, Math.min(room, random.chance(0.8) ? 1 : random.between(2, 40)));
  return insertAt(input, end, concat(...Array.from({ length: times }, () => range)));
}

function moveRange(input: Uint8Array, random: Random): Uint8Array {
  const [start, end] = rangeOf(input, random);
  const rest = concat(input.subarray(0, start), input.subarray(end));
  return insertAt(rest, random.below(rest.length + 1), input.slice(start, end));
}

function cutOff(input: Uint8Array, random: Random): Uint8Array {
  return input.slice(0, random.below(input.length + 1));
}

function insertWord(input: Uint8Array, random: Random, { dictionary }: Material): Uint8Array {
  if (dictionary.length === 0) return input;
  return insertAt(input, random.below(input.length + 1), random.pick(dictionary));
}

function overwriteWord(input: Uint8Array, random: Random, { dictionary }: Material): Uint8Array {
  if (dictionary.length === 0) return input;
  const word = random.pick(dictionary);
  const at = random.below(input.length + 1);
  return concat(input.subarray(0, at), word, input.subarray(at + word.length));
}

/** The beginning of one input with the end of another. */
function splice(input: Uint8Array, random: Random, { other }: Material): Uint8Array {
  const [start] = rangeOf(input, random);
  const [from] = rangeOf(other, random);
  return concat(input.subarray(0, start), other.subarray(from));
}

function insertAt(input: Uint8Array, at: number, bytes: Uint8Array): Uint8Array {
  return concat(input.subarray(0, at), bytes, input.subarray(at));
}
