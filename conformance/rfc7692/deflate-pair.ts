import { expect } from "vitest";
import { type Frame, opcodes, rsv } from "../frame.ts";
import { fieldOf } from "../handshake.ts";
import { type ExpectedFrame, expectMasking } from "../scenario.ts";
import type { DeflateOptions, OpenOptions, Pair, Side } from "../sides.ts";
import { RawDeflater } from "./raw-deflater.ts";
import { ReferenceInflater } from "./reference-inflater.ts";

/** The parameters of permessage-deflate (RFC 7692 §7.1). */
export interface DeflateParameters {
  readonly serverNoContextTakeover?: boolean;
  readonly clientNoContextTakeover?: boolean;
  readonly serverMaxWindowBits?: number | undefined;
  readonly clientMaxWindowBits?: number | undefined;
}

/** One element of `Sec-WebSocket-Extensions`. */
export function formatParameters(parameters: DeflateParameters): string {
  const { serverMaxWindowBits, clientMaxWindowBits } = parameters;
  const parts = ["permessage-deflate"];
  if (parameters.serverNoContextTakeover) parts.push("server_no_context_takeover");
  if (parameters.clientNoContextTakeover) parts.push("client_no_context_takeover");
  if (serverMaxWindowBits) parts.push(`server_max_window_bits=${serverMaxWindowBits}`);
  if (clientMaxWindowBits) parts.push(`client_max_window_bits=${clientMaxWindowBits}`);
  return parts.join("; ");
}

/** Reads what `formatParameters` writes; null for another extension. */
export function parseParameters(element: string): DeflateParameters | null {
  const [name, ...parameters] = element.split(";").map((part) => part.trim());
  if (name !== "permessage-deflate") return null;
  const values = new Map(
    parameters.map((part): [string, string] => {
      const [key = "", value = ""] = part.split("=");
      return [key, value];
    }),
  );
  const bitsOf = (key: string) => (values.has(key) ? Number(values.get(key)) : undefined);
  return {
    serverNoContextTakeover: values.has("server_no_context_takeover"),
    clientNoContextTakeover: values.has("client_no_context_takeover"),
    serverMaxWindowBits: bitsOf("server_max_window_bits"),
    clientMaxWindowBits: bitsOf("client_max_window_bits"),
  };
}

/** The implementation's options that ask for exactly these parameters. */
function optionsFor(parameters: DeflateParameters): DeflateOptions {
  const { serverMaxWindowBits, clientMaxWindowBits } = parameters;
  return {
    serverNoContextTakeover: parameters.serverNoContextTakeover ?? false,
    clientNoContextTakeover: parameters.clientNoContextTakeover ?? false,
    ...(serverMaxWindowBits ? { serverMaxWindowBits } : null),
    ...(clientMaxWindowBits ? { clientMaxWindowBits } : null),
    threshold: 0,
  };
}

/** A pair that compresses, with what the raw peer needs for it. */
export class DeflatePair {
  readonly pair: Pair;
  readonly side: Side;
  readonly deflater: RawDeflater;
  readonly inflater: ReferenceInflater;

  constructor(pair: Pair, side: Side, agreed: DeflateParameters) {
    this.pair = pair;
    this.side = side;
    const server = {
      bits: agreed.serverMaxWindowBits ?? 15,
      hasContext: agreed.serverNoContextTakeover !== true,
    };
    const client = {
      bits: agreed.clientMaxWindowBits ?? 15,
      hasContext: agreed.clientNoContextTakeover !== true,
    };
    const [theirs, ours] = side.name === "server" ? [server, client] : [client, server];
    this.deflater = new RawDeflater(ours.bits, ours.hasContext);
    this.inflater = new ReferenceInflater(theirs.bits, theirs.hasContext);
  }

  /** Sends a message compressed, in fragments of at most `size` bytes. */
  async send(message: ExpectedFrame, size = Number.POSITIVE_INFINITY): Promise<void> {
    const payload = await this.deflater.deflate(message.payload);
    this.pair.peer.write(Buffer.concat(this.fragments(message.opcode, payload, size)));
  }

  /** The frames of a payload that is compressed already. */
  fragments(opcode: number, payload: Buffer, size = Number.POSITIVE_INFINITY): Buffer[] {
    const frames: Buffer[] = [];
    for (let at = 0; at === 0 || at < payload.length; at += size) {
      frames.push(
        this.pair.frame({
          opcode: at === 0 ? opcode : opcodes.continuation,
          reserved: at === 0 ? rsv[1] : 0,
          fin: at + size >= payload.length,
          payload: payload.subarray(at, at + size),
        }),
      );
    }
    return frames;
  }

  /** The next message, which must be compressed by the rules. */
  async receive(): Promise<ExpectedFrame> {
    const frames: Frame[] = [];
    while (frames.at(-1)?.fin !== true) {
      const frame = await this.pair.peer.nextFrame();
      expectMasking(frame, this.side);
      const isFirst = frames.length === 0;
      expect(frame.reserved, "RSV1 is set on the first frame alone").toBe(isFirst ? rsv[1] : 0);
      if (!isFirst) expect(frame.opcode).toBe(opcodes.continuation);
      frames.push(frame);
    }
    const payload = Buffer.concat(frames.map((frame) => frame.payload));
    const hasTail = payload.subarray(-4).equals(Buffer.of(0x00, 0x00, 0xff, 0xff));
    expect(hasTail, "the tail is left out").toBe(false);
    return { opcode: frames[0]!.opcode, payload: this.inflater.inflate(payload) };
  }

  /** Sends a message and gets it back. */
  async echoes(message: ExpectedFrame, size?: number): Promise<void> {
    await this.send(message, size);
    await this.receives(message);
  }

  /** The next message is this one. */
  async receives(message: ExpectedFrame): Promise<void> {
    const received = await this.receive();
    expect(received.opcode).toBe(message.opcode);
    expect(received.payload.length).toBe(message.payload.length);
    expect(received.payload.equals(message.payload), "the message is the one expected").toBe(true);
  }

  close(): void {
    this.deflater.close();
    this.pair.peer.destroy();
  }
}

/** Opens a connection on which both sides agree on `parameters`, and checks that they do. */
export async function openDeflated(
  side: Side,
  parameters: DeflateParameters = {},
  options: Omit<OpenOptions, "extensions" | "perMessageDeflate"> & DeflateOptions = {},
): Promise<DeflatePair> {
  const { threshold = 0, ...rest } = options;
  const extensions = formatParameters(parameters);
  const perMessageDeflate = { ...optionsFor(parameters), threshold };
  const pair = await side.open({ ...rest, perMessageDeflate, extensions });
  if (side.name === "client") return new DeflatePair(pair, side, parameters);
  const answer = fieldOf(pair.head, "Sec-WebSocket-Extensions") ?? "";
  const agreed = parseParameters(answer);
  expect(agreed, `the answer ${answer}`).toMatchObject(parameters);
  return new DeflatePair(pair, side, agreed!);
}
