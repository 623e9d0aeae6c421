import type { Random } from "./random.ts";

/** One parser under test: where its inputs come from, and what must hold for all of them. */
export interface Target {
  /** For the command line, in lower case with dashes. */
  readonly name: string;
  /** What is fed, and what is checked: one sentence for `--list` and docs/fuzzing.md. */
  readonly about: string;
  /** The source files whose coverage decides which inputs are worth keeping. */
  readonly sources: RegExp;
  /** Longer inputs are cut. */
  readonly maxBytes: number;
  /** How many inputs the short mode tries: about a second's work. */
  readonly shortExecutions: number;
  /** Parts that chance alone would hardly find. */
  readonly dictionary: readonly Uint8Array[];
  /** Inputs that are known to lead somewhere. */
  readonly examples: readonly Uint8Array[];
  /** Makes an input by the grammar, mostly a valid one. */
  generate(random: Random): Uint8Array;
  /**
   * Tries one input, which is lent and must not be changed. Returns a short name for what
   * happened, of which there are few: an input with a new one is worth keeping, too.
   *
   * @throws Violation, or whatever the parser should not have thrown
   */
  run(input: Uint8Array): string | Promise<string>;
  /** What must take time linear in the input's length, when that is asked for by itself. */
  readonly work?: (input: Uint8Array) => void;
  /** Frees what the target holds, such as a server. */
  close?(): Promise<void>;
}

/** Characters 0 to 255 as the bytes that Node's HTTP parser makes such characters of. */
export function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, "latin1"));
}

export function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
}

/** Hexadecimal with spaces wherever they help to read it; `#` begins a comment. */
export function hex(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text.replace(/#.*/g, "").replace(/\s+/g, ""), "hex"));
}

export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(parts));
}
