import { describe, expect, test } from "vitest";
import type { EnginePacket } from "../transports/engine-packet.ts";
import type { Transport, TransportListener } from "../transports/transport.ts";
import type { TransportOptions } from "../transports/transport-options.ts";
import { UpgradingEngine } from "./upgrading-engine.ts";

/** A transport that a test plays. */
class Played implements Transport {
  writable = false;
  isClosed = false;
  sent: EnginePacket[] = [];
  listener: TransportListener;
  readonly opts: TransportOptions;
  whenPaused: (() => void) | undefined;
  resumed = 0;

  get name(): string {
    return "played";
  }

  constructor(opts: TransportOptions, listener: TransportListener) {
    this.opts = opts;
    this.listener = listener;
    made.push(this);
  }

  open(): void {}

  send(packets: readonly EnginePacket[]): number {
    this.writable = false;
    this.sent.push(...packets);
    return packets.length;
  }

  pause(done: () => void): void {
    this.whenPaused = done;
  }

  resume(): void {
    this.resumed += 1;
  }

  close(): void {
    this.isClosed = true;
    this.listener = {};
  }

  drain(): void {
    this.writable = true;
    this.listener.onDrain?.();
  }

  isOpen(): void {
    this.writable = true;
    this.listener.onOpen?.();
  }

  says(type: EnginePacket["type"], data?: unknown): void {
    this.listener.onPacket?.({ type, data });
  }
}

class Polling extends Played {
  override get name(): string {
    return "polling";
  }
}

class WebSockets extends Played {
  override get name(): string {
    return "websocket";
  }
}

let made: Played[] = [];

/** A session that has begun by polling, and a probe that was answered: polling is being paused. */
function changing(): { engine: UpgradingEngine; polling: Played; probe: Played; log: string[] } {
  made = [];
  const engine = new UpgradingEngine("http://x", {
    path: "/",
    transportImplementations: [Polling, WebSockets],
  });
  const log: string[] = [];
  for (const event of ["open", "upgrading", "upgrade", "upgradeError", "close"] as const) {
    engine.on(event, () => log.push(event));
  }
  engine.open();
  const polling = made[0] as Played;
  polling.isOpen();
  const times = { pingInterval: 60_000, pingTimeout: 60_000, maxPayload: 1_000 };
  polling.says("open", JSON.stringify({ sid: "s", upgrades: ["websocket"], ...times }));
  const probe = made[1] as Played;
  probe.isOpen();
  probe.drain();
  probe.says("pong", "probe");
  return { engine, polling, probe, log };
}

describe("the change to another transport", () => {
  test("is probed with the session's id, and done when the old one is silent", () => {
    const { engine, polling, probe, log } = changing();
    expect(probe.opts.parameters.get("sid")).toBe("s");
    expect(probe.sent).toEqual([{ type: "ping", data: "probe" }]);
    engine.send("while changing");
    expect(polling.sent).toEqual([]);
    expect(log).toEqual(["open", "upgrading"]);
    polling.whenPaused?.();
    expect(engine.transport).toBe(probe);
    expect(log).toEqual(["open", "upgrading", "upgrade"]);
    probe.drain();
    expect(probe.sent.map(({ type, data }) => [type, data])).toEqual([
      ...[
        ["ping", "probe"],
        ["upgrade", undefined],
        ["message", "while changing"],
      ],
    ]);
    engine.close();
  });

  test("is undone when the new one is lost meanwhile: the old one goes on", () => {
    const { engine, polling, probe, log } = changing();
    engine.send("while changing");
    probe.listener.onEnd?.();
    expect([probe.isClosed, polling.resumed, engine.transport]).toEqual([true, 1, polling]);
    expect(log).toEqual(["open", "upgrading", "upgradeError"]);
    expect(polling.sent.map(({ data }) => data)).toEqual(["while changing"]);
    // What was asked for before comes too late.
    polling.whenPaused?.();
    expect(engine.transport).toBe(polling);
    engine.close();
  });

  test("comes before a close, and what was written before both", () => {
    const { engine, polling, probe, log } = changing();
    engine.send("last");
    engine.close();
    expect(engine.readyState).toBe("closing");
    polling.whenPaused?.();
    expect(engine.readyState).toBe("closing");
    probe.drain();
    expect(probe.sent.at(-1)?.data).toBe("last");
    probe.drain();
    expect(log.at(-1)).toBe("close");
    expect([engine.readyState, probe.isClosed]).toEqual(["closed", true]);
  });

  test("ends with the session", () => {
    const { engine, polling, probe, log } = changing();
    polling.listener.onError?.(new Error("gone"));
    expect([engine.readyState, polling.isClosed, probe.isClosed]).toEqual(["closed", true, true]);
    expect(log).toEqual(["open", "upgrading", "close", "upgradeError"]);
  });
});
