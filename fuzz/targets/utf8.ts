import { isUtf8 as isUtf8OfNode } from "node:buffer";
import { applyMask, isUtf8, Utf8Validator } from "@openline/protocol/bytes";
import type { Random } from "../engine/random.ts";
import { concat, hex, type Target } from "../engine/target.ts";
import { check } from "../engine/violation.ts";

/** Endings of which one completes every text that can be completed: up to three bytes are owed. */
const endings = ["", "80", "80 80", "a0 80", "80 80 80", "90 80 80"].map(hex);

const characters = [
  ...["61", "7f", "c2 80", "df bf", "e0 a0 80", "ed 9f bf", "ee 80 80", "ef bf bf"],
  ...["f0 90 80 80", "f4 8f bf bf", "f0 9f 98 80"],
].map(hex);
const wrong = [
  ...["80", "bf", "c0 80", "c1 bf", "e0 9f bf", "ed a0 80", "f0 8f bf bf", "f4 90 80 80"],
  ...["f5 80 80 80", "ff", "c2", "e1 80", "f1 80 80"],
].map(hex);

/** Text that comes in pieces. */
export const utf8: Target = {
  name: "utf8",
  about:
    "`Utf8Validator` and `isUtf8`: agree with Node's `isUtf8` at every cut, fail at the very byte after which no text can be completed, and unmasking tells ASCII from the rest",
  sources: /protocol\/src\/bytes\/(utf8|mask)\.ts/,
  maxBytes: 120,
  shortExecutions: 30_000,
  dictionary: [...characters, ...wrong],
  examples: [...characters, ...wrong, hex("ce ba e1 bd b9 cf 83 ce bc ce b5 ed a0 80 65 64")],
  generate: (random: Random) =>
    concat(
      ...Array.from({ length: random.between(0, 12) }, () =>
        random.pick(random.chance(0.9) ? characters : wrong),
      ),
    ),
  work: (input) => void isUtf8(input, 0, input.length),
  run(input) {
    const whole = isUtf8OfNode(input);
    check(isUtf8(input, 0, input.length) === whole, "isUtf8 is not what Node says");
    const failsAt = failureOf(input);
    check(
      whole === (failsAt < 0 && isComplete(input, input.length)),
      "byte by byte is not what Node says",
    );
    for (let at = 0; at <= input.length; at += 1) {
      const canGoOn = endings.some((ending) => isUtf8OfNode(concat(input.subarray(0, at), ending)));
      const hasFailed = failsAt >= 0 && failsAt < at;
      check(canGoOn !== hasFailed, "fails too early or too late", () => `at byte ${at}`);
      const validator = new Utf8Validator();
      const first = validator.push(input, 0, at) && validator.push(input, at, input.length);
      check(first === failsAt < 0, "a cut changes the result", () => `at byte ${at}`);
    }
    const masked = input.slice();
    const key = 0x37fa213d;
    applyMask(masked, 0, masked.length, key, 0);
    const isAscii = applyMask(masked, 0, masked.length, key, 0);
    check(Buffer.compare(masked, input) === 0, "unmasking does not undo masking");
    check(isAscii === input.every((byte) => byte < 0x80), "unmasking is wrong about ASCII");
    return whole ? "text" : failsAt < 0 ? "cut text" : "no text";
  },
};

/** The index of the byte that cannot be, or -1. */
function failureOf(input: Uint8Array): number {
  const validator = new Utf8Validator();
  for (let at = 0; at < input.length; at += 1) if (!validator.push(input, at, at + 1)) return at;
  return -1;
}

function isComplete(input: Uint8Array, end: number): boolean {
  const validator = new Utf8Validator();
  return validator.push(input, 0, end) && validator.isComplete;
}
