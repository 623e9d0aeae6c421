import { describe, expect, it } from "vitest";
import { deviationOf } from "./deviations.ts";
import { closePayload, type Frame, opcodes } from "./frame.ts";
import {
  type FrameMaker,
  frameMaker,
  type OpenOptions,
  type Pair,
  type Side,
  sides,
} from "./sides.ts";

/** A frame that the implementation must send. */
export interface ExpectedFrame {
  readonly opcode: number;
  readonly payload: Buffer;
}

/** Bytes on the wire, and what the implementation must answer to them. */
export interface Scenario {
  /** Names the test: the section and the requirement. */
  readonly requirement: string;
  /** What the raw peer sends. */
  readonly sends: (frame: FrameMaker) => readonly Buffer[];
  /** The frames that must come back, in this order: echoes and pongs. */
  readonly answers?: readonly ExpectedFrame[];
  /** The close code with which the implementation fails the connection. Default: it stays open. */
  readonly failsWith?: number;
  /** Sizes of the pieces in which everything is sent; `every` is each cut there is. */
  readonly cuts?: "every" | readonly (readonly number[])[];
  readonly options?: OpenOptions | ((side: Side) => OpenOptions);
}

export const text = (payload: string | Uint8Array): ExpectedFrame => ({
  opcode: opcodes.text,
  payload: Buffer.from(payload),
});

export const binary = (payload: Uint8Array): ExpectedFrame => ({
  opcode: opcodes.binary,
  payload: Buffer.from(payload),
});

export const pong = (payload: string | Uint8Array = ""): ExpectedFrame => ({
  opcode: opcodes.pong,
  payload: Buffer.from(payload),
});

/** Up to this many bytes a scenario is also split once at each place. */
const EACH_SPLIT_BYTES = 80;
/** Up to this many bytes a scenario is also sent byte by byte. */
const BYTE_BY_BYTE_BYTES = 400;
/** Places to split what is longer: around the ends of headers of each size. */
const HEADER_SPLITS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];
/** Connections that are open at once. */
const CONCURRENCY = 16;

/** The ways to cut `length` bytes, each as the sizes of the pieces. */
function everyCut(length: number): number[][] {
  const splits =
    length <= EACH_SPLIT_BYTES
      ? Array.from({ length: Math.max(0, length - 1) }, (_, index) => index + 1)
      : [...HEADER_SPLITS, length - 1];
  const cuts = [[length], ...splits.map((at) => [at, length - at])];
  return length > 1 && length <= BYTE_BY_BYTE_BYTES ? [...cuts, [1]] : cuts;
}

/** Makes a test of each scenario, for the server and for the client. */
export function provesScenarios(scenarios: readonly Scenario[]): void {
  for (const side of sides) {
    describe(side.name, () => {
      for (const scenario of scenarios) {
        requires(scenario.requirement, () => prove(side, scenario));
      }
    });
  }
}

/** Makes a test of one requirement for the server, and one for the client. */
export function requiresOfBoth(requirement: string, test: (side: Side) => Promise<void>): void {
  for (const side of sides) {
    describe(side.name, () => requires(requirement, () => test(side)));
  }
}

/** Makes a test of a requirement that only a server or only a client has to meet. */
export function requiresOfSide(
  name: Side["name"],
  requirement: string,
  test: (side: Side) => Promise<void>,
): void {
  for (const side of sides) {
    if (side.name === name) describe(name, () => requires(requirement, () => test(side)));
  }
}

/**
 * A test of one requirement. Where the implementation is known to deviate, the test must
 * fail, so that the list of deviations stays true.
 */
export function requires(requirement: string, test: () => Promise<void>): void {
  const deviation = deviationOf(requirement);
  if (deviation === undefined) it(requirement, test);
  else if (deviation.isNotRun) it.skip(requirement, test);
  else it.fails(requirement, test);
}

async function prove(side: Side, scenario: Scenario): Promise<void> {
  // How long it is does not depend on which masking keys are chosen.
  const { length } = Buffer.concat(scenario.sends(frameMaker(side.name === "server")));
  const cuts = scenario.cuts === "every" ? everyCut(length) : (scenario.cuts ?? [[length]]);
  for (let at = 0; at < cuts.length; at += CONCURRENCY) {
    const batch = cuts.slice(at, at + CONCURRENCY);
    await Promise.all(batch.map((cut) => proveCut(side, scenario, cut)));
  }
}

async function proveCut(side: Side, scenario: Scenario, cut: readonly number[]): Promise<void> {
  try {
    const { options } = scenario;
    const pair = await side.open(typeof options === "function" ? options(side) : options);
    await pair.peer.writePieces(Buffer.concat(scenario.sends(pair.frame)), cut);
    for (const answer of scenario.answers ?? []) {
      expectFrame(await pair.peer.nextFrame(), answer, side);
    }
    if (scenario.failsWith === undefined) await closesCleanly(pair, side);
    else await failsWith(pair, side, scenario.failsWith);
  } catch (error) {
    if (error instanceof Error) error.message = `sent in pieces of ${cut}: ${error.message}`;
    throw error;
  }
}

/** Holds a frame against what was expected: whole, uncompressed, masked by clients alone. */
export function expectFrame(frame: Frame, expected: ExpectedFrame, side: Side): void {
  expect(describeFrame(frame)).toEqual(describeFrame({ ...frame, ...expected, fin: true }));
  expect(frame.reserved, "reserved bits").toBe(0);
  expectMasking(frame, side);
  // Not left to toEqual, which takes long for megabytes.
  expect(frame.payload.equals(expected.payload), "the payload is the one expected").toBe(true);
}

/** A client masks each frame, a server none (RFC 6455 §5.1). */
export function expectMasking(frame: Frame, side: Side): void {
  expect(frame.isMasked, "the frame is masked").toBe(side.name === "client");
}

function describeFrame(frame: Frame): object {
  const { opcode, fin, payload } = frame;
  return { opcode, fin, length: payload.length, payload: payload.toString("hex", 0, 64) };
}

/** The implementation sends nothing more, answers a Close frame, and reports it. */
export async function closesCleanly(pair: Pair, side: Side): Promise<void> {
  const { peer, frame } = pair;
  peer.write(frame({ opcode: opcodes.close, payload: closePayload(1000) }));
  const close = { opcode: opcodes.close, payload: closePayload(1000) };
  expectFrame(await peer.nextFrame(), close, side);
  // A server hangs up first; for a client the peer does (RFC 6455 §7.1.1).
  if (side.name === "client") peer.end();
  expect(await peer.framesUntilEnd(), "frames after the Close frame").toEqual([]);
  peer.end();
  expect((await pair.closed).code).toBe(1000);
}

/** The implementation fails the connection: a Close frame, nothing more, and the end. */
export async function failsWith(pair: Pair, side: Side, code: number): Promise<void> {
  const { peer } = pair;
  const close = await peer.nextFrame();
  expect(describeFrame(close)).toMatchObject({ opcode: opcodes.close, fin: true });
  expectMasking(close, side);
  expect(close.payload.length, "bytes of the Close frame").toBeGreaterThanOrEqual(2);
  expect(close.payload.readUInt16BE(), "close code").toBe(code);
  expect(await peer.framesUntilEnd(), "frames after the Close frame").toEqual([]);
  peer.end();
  // Without a Close frame from the peer the closing was not clean (RFC 6455 §7.1.5).
  expect((await pair.closed).code).toBe(1006);
}
