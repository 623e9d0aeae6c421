import { isUtf8 } from "node:buffer";
import { faults, PeerError } from "@openline/protocol/errors";
import { Connection, type ConnectionEvents } from "@openline/protocol/websocket";
import { check } from "../engine/violation.ts";

/** How one connection is set up; the first two bytes of an input choose it. */
export interface ConnectionSetup {
  readonly role: "server" | "client";
  readonly keepsFragments: boolean;
  readonly skipUtf8Validation: boolean;
  /** Is held after every event, and released when all has come. */
  readonly isHeld: boolean;
  readonly maxPayload: number;
  readonly maxFragments: number;
}

/** What a connection has told, in words that can be compared. */
export interface Told {
  readonly events: string[];
  fault: string | null;
  /** All bytes are used, and nothing is begun. */
  isBetweenMessages: boolean;
}

const payloadLimits = [0, 16, 200, 1 << 20] as const;
const fragmentLimits = [0, 1, 3, 16] as const;

/** Memory that may be taken before it is filled: see `MessageAssembly`. */
const TRUSTED_BYTES = 1 << 20;
const TRUSTED_FACTOR = 4;

export const setupBytes = 2;

export function setupOf(input: Uint8Array, role: "server" | "client"): ConnectionSetup {
  const first = input[0] ?? 0;
  const second = input[1] ?? 0;
  return {
    role,
    keepsFragments: (first & 1) !== 0,
    skipUtf8Validation: (first & 6) === 6,
    isHeld: (first & 8) !== 0,
    maxPayload: payloadLimits[second & 3] ?? 0,
    maxFragments: fragmentLimits[(second >> 2) & 3] ?? 0,
  };
}

export function lineOf(kind: string, bytes: Uint8Array, start: number, end: number): string {
  const { buffer, byteOffset } = bytes;
  return `${kind} ${Buffer.from(buffer, byteOffset + start, end - start).toString("latin1")}`;
}

/** Feeds chunks to our machine. With `usesNodeUtf8` texts are checked by Node, else by ourselves. */
export function runConnection(
  setup: ConnectionSetup,
  chunks: readonly Uint8Array[],
  usesNodeUtf8: boolean,
): Told {
  const told: Told = { events: [], fault: null, isBetweenMessages: false };
  let received = 0;
  let isOver = false;
  const tell = (line: string): void => {
    check(!isOver, "something is told after the end");
    told.events.push(line);
    if (setup.isHeld) connection.hold();
  };
  const events: ConnectionEvents = {
    onMessage(bytes, start, end, isBinary, _isOwned, fragmentEnds) {
      const size = end - start;
      check(setup.maxPayload === 0 || size <= setup.maxPayload, "a message is past the limit");
      check((fragmentEnds !== null) === setup.keepsFragments, "fragments are told unasked");
      if (fragmentEnds !== null) checkFragments(fragmentEnds, size, setup.maxFragments);
      check(
        isBinary || setup.skipUtf8Validation || isUtf8(bytes.subarray(start, end)),
        "text is none",
      );
      tell(lineOf(isBinary ? "binary" : "text", bytes, start, end));
    },
    onPing: (bytes, start, end) => tell(lineOf("ping", bytes, start, end)),
    onPong: (bytes, start, end) => tell(lineOf("pong", bytes, start, end)),
    onClose(code, bytes, start, end) {
      tell(lineOf(`close ${code}`, bytes, start, end));
      isOver = true;
    },
    onFault(error) {
      check(!isOver, "a fault is told after the end");
      check(error instanceof PeerError && Object.hasOwn(faults, error.fault), "an unknown fault");
      told.fault = error.fault;
      isOver = true;
    },
    onIdle() {},
  };
  const options = {
    role: setup.role,
    maxPayload: setup.maxPayload,
    maxFragments: setup.maxFragments,
    maxBufferedChunks: 0,
    skipUtf8Validation: setup.skipUtf8Validation,
    allocate(byteLength: number) {
      const allowed = Math.max(TRUSTED_BYTES, TRUSTED_FACTOR * received);
      check(byteLength <= allowed, "memory follows an announced length");
      return new Uint8Array(byteLength);
    },
    ...(usesNodeUtf8 ? { isUtf8: isUtf8OfNode } : {}),
  };
  const connection = new Connection(options, events, null);
  connection.keepsFragments = setup.keepsFragments;
  for (const chunk of chunks) {
    received += chunk.length;
    // Unmasked in place: the input itself is only lent.
    connection.receive(chunk.slice(), 0, chunk.length, received);
  }
  while (connection.isBusy) connection.release(received);
  told.isBetweenMessages = isOver || connection.startedMs < 0;
  return told;
}

function isUtf8OfNode(bytes: Uint8Array, start: number, end: number): boolean {
  return isUtf8(bytes.subarray(start, end));
}

function checkFragments(ends: readonly number[], size: number, maxFragments: number): void {
  check(ends.at(-1) === size, "fragments do not end where the message does");
  check(maxFragments === 0 || ends.length <= maxFragments, "fragments are past the limit");
  const isSorted = ends.every((end, index) => index === 0 || end >= ends[index - 1]!);
  check(isSorted, "fragments are out of order");
}
