import { chatLimits } from "../../protocol/chat.ts";

/**
 * A name without what cannot be seen (controls, direction marks, lone surrogates), so that no
 * two names look the same and none turns the line around. Undefined if nothing fit remains.
 */
export function cleanName(value: unknown): string | undefined {
  if (typeof value !== "string" || value.length > 4 * chatLimits.nameLength) return undefined;
  const name = value
    .normalize("NFKC")
    .replaceAll(/\s+/g, " ")
    .replaceAll(/[\p{C}\u115f\u1160\u3164\u2800]/gu, "")
    .replaceAll(/ +/g, " ")
    .trim();
  return name === "" || name.length > chatLimits.nameLength ? undefined : name;
}

/** A text without controls (line breaks and tabs may stay) and without space around it. */
export function cleanText(text: string): string {
  return text
    .replaceAll(/\r\n?/g, "\n")
    .replaceAll(/(?![\n\t])[\p{Cc}\u202a-\u202e]/gu, "")
    .trim();
}

/** `name`, or `name 2`, `name 3` … if it is one of `taken`. */
export function freeName(name: string, taken: Iterable<string>): string {
  const folded = new Set([...taken].map((each) => each.toLowerCase()));
  let free = name;
  for (let number = 2; folded.has(free.toLowerCase()); number += 1) {
    const suffix = ` ${number}`;
    free = `${name.slice(0, chatLimits.nameLength - suffix.length).trimEnd()}${suffix}`;
  }
  return free;
}
