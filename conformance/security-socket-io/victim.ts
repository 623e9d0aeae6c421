import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { ServerOptions } from "openline";
import { afterAll, describe, expect, it } from "vitest";
import { PollingSession } from "../engine-io/polling-session.ts";
import type { Session } from "../engine-io/session.ts";
import type { Address } from "../engine-io/suite.ts";
import { WebSocketSession } from "../engine-io/websocket-session.ts";
import { type Implementation, implementations } from "../socket-io-implementations.ts";
import { deviationOf } from "./deviations.ts";
import type { SocketIoVitals, Told } from "./vitals.ts";

/** What an attack may leave behind in memory: caches, pools, code that has become hot. */
const LEFT_BEHIND_BYTES = 12 * 1024 * 1024;
const DEADLINE_MS = 20_000;

/** A Socket.IO server in a process of its own. */
export class Victim implements Address {
  readonly url: string;
  private readonly child: ChildProcess;

  private constructor(child: ChildProcess, port: number) {
    this.child = child;
    this.url = `http://127.0.0.1:${port}`;
  }

  static async start(
    name: Implementation["name"],
    options: Partial<ServerOptions> = {},
  ): Promise<Victim> {
    const file = join(import.meta.dirname, "victim-process.ts");
    const child = fork(file, [name, JSON.stringify(options)], {
      execArgv: ["--expose-gc", "--conditions=@openline/source", "--import", "tsx"],
      // What is unhandled is told by the vitals.
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
    const [{ port = 0 }] = (await once(child, "message")) as [Told];
    return new Victim(child, port);
  }

  at(query: string): string {
    return `${this.url}/socket.io/?${query}`;
  }

  async stop(): Promise<void> {
    this.child.kill("SIGKILL");
    if (this.child.exitCode === null && this.child.signalCode === null) {
      await once(this.child, "exit");
    }
  }

  async vitals(): Promise<SocketIoVitals> {
    const answer = once(this.child, "message") as Promise<[Told]>;
    this.child.send("vitals");
    const [{ vitals }] = await answer;
    if (vitals === undefined) throw new Error("the attacked process did not tell its vitals");
    return vitals;
  }

  /** A session that has joined the main namespace. */
  async session(transport: "polling" | "websocket" = "websocket"): Promise<Session> {
    const session = await (transport === "polling" ? PollingSession : WebSocketSession).open(this);
    await session.send("40");
    expect(await session.next()).toMatch(/^40\{"sid"/);
    return session;
  }
}

/** A client that behaves gets its echo, whatever others do. */
async function echo(friend: Session, text: string): Promise<void> {
  await friend.send(`42["echo","${text}"]`);
  expect(await friend.next()).toBe(`42["echo","${text}"]`);
}

/**
 * Runs an attack beside a client that behaves, and checks what every row promises: that one gets
 * its echo before, beside and after; the process lives; nothing went unhandled; no prototype has new
 * keys; descriptors, clients, namespaces and memory are back where they were.
 */
export async function attack(victim: Victim, attacker: () => Promise<void>): Promise<void> {
  const friend = (await victim.session()) as WebSocketSession; // its default
  await echo(friend, "before");
  const before = await victim.vitals();
  await Promise.all([attacker(), echo(friend, "beside")]);
  await echo(friend, "after");
  const after = await settled(victim, before);
  friend.line.socket.close();
  expect(after.unhandled.slice(before.unhandled.length)).toEqual([]);
  expect(after.polluted).toEqual([]);
  expect(after.namespaces).toBeLessThanOrEqual(before.namespaces);
  expect(after.descriptors).toBeLessThanOrEqual(before.descriptors);
  expect(after.clients).toBeLessThanOrEqual(before.clients);
  expect(after.memoryBytes - before.memoryBytes).toBeLessThan(LEFT_BEHIND_BYTES);
}

/** The vitals once all is back, or as they are at the deadline. */
async function settled(victim: Victim, before: SocketIoVitals): Promise<SocketIoVitals> {
  const deadline = Date.now() + DEADLINE_MS;
  for (;;) {
    const now = await victim.vitals();
    const isBack =
      now.descriptors <= before.descriptors &&
      now.clients <= before.clients &&
      now.memoryBytes - before.memoryBytes < LEFT_BEHIND_BYTES;
    if (isBack || Date.now() > deadline) return now;
  }
}

/** One for each server and its options: each test compares with what was before it. */
const victims = new Map<string, Promise<Victim>>();

afterAll(async () => {
  for (const victim of victims.values()) await (await victim).stop();
  victims.clear();
});

function sharedVictim(
  name: Implementation["name"],
  options: Partial<ServerOptions>,
): Promise<Victim> {
  const key = name + JSON.stringify(options);
  const victim = victims.get(key) ?? Victim.start(name, options);
  victims.set(key, victim);
  return victim;
}

/**
 * A test of a row of the security model, for each server. Where one is known to fail, its test
 * must fail.
 */
export function resists(
  row: string,
  what: string,
  test: (victim: Victim) => Promise<void>,
  options: Partial<ServerOptions> = {},
): void {
  describe(row, () => {
    for (const { name } of implementations) {
      const run = async (): Promise<void> => test(await sharedVictim(name, options));
      describe(name, () => {
        const deviation = deviationOf(name, `${row}: ${what}`);
        if (deviation === undefined) it(what, run, 60_000);
        else if (deviation.isNotRun) it.skip(what, run);
        else it.fails(what, run, 60_000);
      });
    }
  });
}
