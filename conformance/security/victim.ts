import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { WebSocket } from "@openline/websocket";
import { expect } from "vitest";
import { encodeFrame, type FrameParts, opcodes } from "../frame.ts";
import { formatHead, sampleKey } from "../handshake.ts";
import { RawPeer } from "../raw-peer.ts";
import type { Told, Vitals } from "./vitals.ts";

/** What an attack may leave behind in memory: caches, pools, code that has become hot. */
const LEFT_BEHIND_BYTES = 12 * 1024 * 1024;
const DEADLINE_MS = 20_000;
const maskingKey = Uint8Array.of(1, 2, 3, 4);

export type Fields = Readonly<Record<string, string | readonly string[] | null>>;

/** A server in a process of its own. */
export class Victim {
  readonly port: number;
  /** Where its WebSocket is. */
  readonly path: string;
  private readonly child: ChildProcess;

  private constructor(child: ChildProcess, port: number, path: string) {
    this.path = path;
    this.child = child;
    this.port = port;
  }

  /** Starts one with these options of `WebSocketServer` (see `victim-process.ts`). */
  static async start(
    options: { readonly path?: string; readonly [name: string]: unknown } = {},
  ): Promise<Victim> {
    const child = fork(join(import.meta.dirname, "victim-process.ts"), [JSON.stringify(options)], {
      execArgv: ["--expose-gc", "--conditions=@openline/source", "--import", "tsx"],
      // Node prints what is unhandled; the vitals tell it, too.
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
    const [told] = (await once(child, "message")) as [Told];
    return new Victim(child, told.port ?? 0, options.path ?? "/");
  }

  async stop(): Promise<void> {
    this.child.kill("SIGKILL");
    if (this.child.exitCode === null) await once(this.child, "exit");
  }

  async vitals(): Promise<Vitals> {
    const answer = once(this.child, "message") as Promise<[Told]>;
    this.child.send("vitals");
    const [{ vitals }] = await answer;
    if (vitals === undefined) throw new Error("the attacked process did not tell its vitals");
    return vitals;
  }

  /** The vitals once `holds`, or as they are at the deadline, for the test to judge. */
  async vitalsWhen(holds: (vitals: Vitals) => boolean): Promise<Vitals> {
    const deadline = Date.now() + DEADLINE_MS;
    for (;;) {
      const vitals = await this.vitals();
      if (holds(vitals) || Date.now() > deadline) return vitals;
    }
  }

  /** Opens a TCP connection to it, from an address of this machine. */
  async tcp(localAddress = "127.0.0.1"): Promise<RawPeer> {
    const { port } = this;
    const socket = connect({ port, host: "127.0.0.1", localAddress, allowHalfOpen: true });
    await once(socket, "connect");
    return new RawPeer(socket);
  }

  /** Sends a handshake with these fields changed; nothing is read yet. */
  async ask(fields: Fields = {}, target = this.path, localAddress?: string): Promise<RawPeer> {
    const peer = await this.tcp(localAddress);
    peer.write(this.handshake(fields, target));
    return peer;
  }

  handshake(fields: Fields = {}, target = this.path): string {
    return formatHead(`GET ${target} HTTP/1.1`, {
      Host: `127.0.0.1:${this.port}`,
      Upgrade: "websocket",
      Connection: "Upgrade",
      "Sec-WebSocket-Key": sampleKey,
      "Sec-WebSocket-Version": "13",
      ...fields,
    });
  }

  /** The status of the answer to a handshake. */
  async status(fields: Fields = {}, target = this.path, localAddress?: string): Promise<number> {
    const peer = await this.ask(fields, target, localAddress);
    const head = await peer.readHead();
    peer.destroy();
    return Number(head.split(" ")[1]);
  }

  /** An open WebSocket that is spoken by hand. */
  async open(fields: Fields = {}): Promise<RawPeer> {
    const peer = await this.ask(fields);
    expect(await peer.readHead()).toMatch(/^HTTP\/1\.1 101 /);
    return peer;
  }

  /** A client that behaves. */
  async friend(): Promise<Friend> {
    const socket = new WebSocket(`ws://127.0.0.1:${this.port}${this.path}`);
    await once(socket, "open");
    return new Friend(socket);
  }
}

/** A client that behaves: whatever others do, it must get its echo. */
export class Friend {
  private readonly socket: WebSocket;

  constructor(socket: WebSocket) {
    this.socket = socket;
  }

  /** Asks for echoes, one after another, until `work` is done. */
  async echoWhile(work: Promise<void>): Promise<void> {
    let isDone = false;
    const done = work.finally(() => {
      isDone = true;
    });
    const echoes = async (): Promise<void> => {
      do await this.echo("beside");
      while (!isDone);
    };
    await Promise.all([done, echoes()]);
  }

  async echo(text: string): Promise<void> {
    const answer = once(this.socket, "message", { signal: AbortSignal.timeout(DEADLINE_MS) });
    this.socket.send(text);
    expect(String((await answer)[0])).toBe(text);
  }

  leave(): void {
    this.socket.close();
  }
}

/** A masked frame, as clients send it. */
export function frame(parts: Omit<FrameParts, "maskingKey">): Buffer {
  return encodeFrame({ maskingKey, ...parts });
}

/** The code of the Close frame with which the server ends the connection; null without one. */
export async function closeCode(peer: RawPeer): Promise<number | null> {
  const frames = await peer.framesUntilEnd();
  const close = frames.find(({ opcode }) => opcode === opcodes.close);
  return close === undefined || close.payload.length < 2 ? null : close.payload.readUInt16BE(0);
}

/** Waits until the other side has hung up. */
export async function gone(socket: Socket): Promise<void> {
  if (socket.closed) return;
  // A reset is an end like any other: `once` of node:events would take it for a failure.
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error("the socket stays open")), DEADLINE_MS);
    socket.once("close", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

/**
 * Runs an attack beside a client that behaves, and checks what every row promises: that one gets
 * its echo before, all the while and after; the process lives; nothing went unhandled; descriptors,
 * clients and memory are back where they were.
 */
export async function attack(victim: Victim, attacker: () => Promise<void>): Promise<void> {
  const friend = await victim.friend();
  await friend.echo("before");
  const before = await victim.vitals();
  await friend.echoWhile(attacker());
  await friend.echo("after");
  const after = await victim.vitalsWhen(
    (now) =>
      now.descriptors <= before.descriptors &&
      now.clients <= before.clients &&
      now.memoryBytes - before.memoryBytes < LEFT_BEHIND_BYTES,
  );
  friend.leave();
  expect(after.unhandled).toEqual([]);
  expect(after.descriptors).toBeLessThanOrEqual(before.descriptors);
  expect(after.clients).toBeLessThanOrEqual(before.clients);
  expect(after.memoryBytes - before.memoryBytes).toBeLessThan(LEFT_BEHIND_BYTES);
}
