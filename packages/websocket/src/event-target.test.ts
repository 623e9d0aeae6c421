import { EventEmitter } from "node:events";
import { describe, expect, it } from "vitest";
import { WebSocket as ReferenceSocket } from "ws";
import {
  addEventListener,
  type EventListenerOptions,
  type EventType,
  getHandler,
  type Listener,
  type ListenerObject,
  removeEventListener,
  setHandler,
} from "./event-target.ts";
import type { CloseEvent, ErrorEvent, Event, MessageEvent } from "./events.ts";

type AnyListener = Listener<EventType, unknown>;

/** A socket by what these functions need of one, and what `ws` has in the same place. */
interface Target extends EventEmitter {
  addEventListener(
    type: string,
    listener: AnyListener | ListenerObject<EventType, unknown>,
    options?: EventListenerOptions,
  ): void;
  removeEventListener(
    type: string,
    listener: AnyListener | ListenerObject<EventType, unknown>,
  ): void;
  onopen: unknown;
  onmessage: unknown;
  onclose: unknown;
  onerror: unknown;
}

class OurTarget extends EventEmitter {
  addEventListener(
    type: string,
    listener: AnyListener | ListenerObject<EventType, unknown>,
    options?: EventListenerOptions,
  ): void {
    addEventListener<EventType, unknown>(this, type as EventType, listener, options);
  }

  removeEventListener(
    type: string,
    listener: AnyListener | ListenerObject<EventType, unknown>,
  ): void {
    removeEventListener<EventType, unknown>(this, type as EventType, listener);
  }
}

for (const type of ["open", "message", "close", "error"] as const) {
  Object.defineProperty(OurTarget.prototype, `on${type}`, {
    get(this: OurTarget) {
      return getHandler(this, type);
    },
    set(this: OurTarget, handler: Listener<typeof type> | null) {
      setHandler(this, type, handler);
    },
  });
}

/** A WebSocket of `ws` that never connects. */
function referenceTarget(): Target {
  // With an address of null, which is how its server makes one, it stays as it is.
  const Constructor = ReferenceSocket as unknown as new (
    address: null,
    protocols: undefined,
    options: object,
  ) => Target;
  const socket = new Constructor(null, undefined, {});
  Object.assign(socket, { _closeFrameReceived: true, _closeFrameSent: true });
  return socket;
}

const targets = {
  ours: () => new OurTarget() as unknown as Target,
  "the same in ws": referenceTarget,
};

for (const [name, newTarget] of Object.entries(targets)) {
  describe(`EventTarget of ${name}`, () => {
    it("gives a text message as a string, a binary one as it is", () => {
      const socket = newTarget();
      const seen: MessageEvent<unknown>[] = [];
      socket.addEventListener("message", (event) => seen.push(event as MessageEvent<unknown>));
      const binary = Buffer.of(1, 2);
      const pieces = [Buffer.of(1), Buffer.of(2)];
      socket.emit("message", Buffer.from("zoë"), false);
      socket.emit("message", binary, true);
      socket.emit("message", pieces, true);
      expect(seen.map(({ data }) => data)).toEqual(["zoë", binary, pieces]);
      expect(seen[1]?.data).toBe(binary);
      expect(seen.map(({ type }) => type)).toEqual(["message", "message", "message"]);
      expect(seen[0]?.target).toBe(socket);
    });

    it("gives code, reason and wasClean of a close", () => {
      const socket = newTarget();
      const seen: CloseEvent<unknown>[] = [];
      socket.addEventListener("close", (event) => seen.push(event as CloseEvent<unknown>));
      socket.emit("close", 4001, Buffer.from("later"));
      expect(
        seen.map(({ type, code, reason, wasClean }) => [type, code, reason, wasClean]),
      ).toEqual([["close", 4001, "later", true]]);
      expect(seen[0]?.target).toBe(socket);
    });

    it("gives the error and its message", () => {
      const socket = newTarget();
      const seen: ErrorEvent<unknown>[] = [];
      socket.addEventListener("error", (event) => seen.push(event as ErrorEvent<unknown>));
      const error = new Error("no route");
      socket.emit("error", error);
      expect(seen[0]?.error).toBe(error);
      expect(seen[0]?.message).toBe("no route");
      expect(seen[0]?.type).toBe("error");
      expect(seen[0]?.target).toBe(socket);
    });

    it("gives open", () => {
      const socket = newTarget();
      const seen: Event<unknown>[] = [];
      socket.onopen = (event: Event<unknown>) => seen.push(event);
      socket.emit("open");
      expect(seen.map(({ type, target }) => [type, target])).toEqual([["open", socket]]);
    });

    it("calls a function with the socket as this, and an object's handleEvent as it is then", () => {
      const socket = newTarget();
      const seen: unknown[] = [];
      socket.addEventListener("open", function (this: unknown) {
        seen.push(this);
      });
      const object = { handleEvent: (): void => void seen.push("before") };
      socket.addEventListener("open", object);
      object.handleEvent = function (this: unknown) {
        seen.push(this);
      };
      socket.emit("open");
      expect(seen).toEqual([socket, object]);
    });

    it("adds the same listener once for each type, and objects likewise", () => {
      const socket = newTarget();
      let calls = 0;
      const listener = (): void => void calls++;
      const object = { handleEvent: listener };
      for (let times = 0; times < 3; times++) {
        socket.addEventListener("open", listener);
        socket.addEventListener("open", object);
        socket.addEventListener("close", listener);
        socket.addEventListener("open", listener, { once: true });
      }
      expect(socket.listenerCount("open")).toBe(2);
      expect(socket.listenerCount("close")).toBe(1);
      socket.emit("open");
      socket.emit("open");
      expect(calls).toBe(4);
    });

    it("calls a listener once with { once: true }, and removes it before, too", () => {
      const socket = newTarget();
      let calls = 0;
      const listener = (): void => void calls++;
      socket.addEventListener("open", listener, { once: true });
      socket.emit("open");
      socket.emit("open");
      expect(calls).toBe(1);
      socket.addEventListener("open", listener, { once: true });
      socket.removeEventListener("open", listener);
      socket.emit("open");
      expect(calls).toBe(1);
    });

    it("removes what was added and nothing else", () => {
      const socket = newTarget();
      const seen: string[] = [];
      const first = (): void => void seen.push("first");
      const second = { handleEvent: (): void => void seen.push("second") };
      socket.addEventListener("open", first);
      socket.addEventListener("open", second);
      socket.on("open", () => seen.push("emitter's"));
      socket.onopen = first;
      socket.removeEventListener("open", () => {});
      socket.removeEventListener("message", first);
      socket.removeEventListener("open", first);
      socket.removeEventListener("open", first);
      socket.emit("open");
      expect(seen).toEqual(["second", "emitter's", "first"]);
    });

    it("has handlers that are set, read, replaced and removed", () => {
      const socket = newTarget();
      const seen: string[] = [];
      const first = (): void => void seen.push("first");
      const second = (): void => void seen.push("second");
      expect(socket.onmessage).toBeNull();
      socket.onmessage = first;
      expect(socket.onmessage).toBe(first);
      socket.onmessage = second;
      expect(socket.onmessage).toBe(second);
      expect(socket.listenerCount("message")).toBe(1);
      socket.emit("message", Buffer.from(""), false);
      socket.onmessage = null;
      expect(socket.onmessage).toBeNull();
      expect(socket.listenerCount("message")).toBe(0);
      expect(seen).toEqual(["second"]);
      for (const nothing of [undefined, "text", 7]) {
        socket.onmessage = first;
        socket.onmessage = nothing;
        expect(socket.onmessage).toBeNull();
      }
    });

    it("keeps a handler apart from the same function as a listener", () => {
      const socket = newTarget();
      let calls = 0;
      const listener = (): void => void calls++;
      socket.onclose = listener;
      socket.addEventListener("close", listener);
      socket.emit("close", 1000, Buffer.from(""));
      expect(calls).toBe(2);
      socket.onclose = null;
      socket.emit("close", 1000, Buffer.from(""));
      expect(calls).toBe(3);
    });

    it("ignores types that are not a WebSocket's", () => {
      const socket = newTarget();
      socket.addEventListener("ping", () => {});
      expect(socket.listenerCount("ping")).toBe(0);
    });

    it("leaves an error to whoever listens for it in the other way", () => {
      const socket = newTarget();
      socket.onerror = () => {};
      expect(() => socket.emit("error", new Error("handled"))).not.toThrow();
    });
  });
}

describe("EventTarget of ours alone", () => {
  it("calls a close clean unless it was 1006 (RFC 6455 §7.1.5)", () => {
    const socket = targets.ours();
    const seen: boolean[] = [];
    socket.onclose = ({ wasClean }: CloseEvent) => seen.push(wasClean);
    for (const code of [1000, 1005, 1006, 4000]) socket.emit("close", code, Buffer.from(""));
    expect(seen).toEqual([true, true, false, true]);
  });

  it("ignores a listener of null, as the DOM does, and refuses what cannot be called", () => {
    const socket = new EventEmitter();
    addEventListener(socket, "open", null);
    removeEventListener(socket, "open", null);
    expect(socket.listenerCount("open")).toBe(0);
    const listener = "text" as unknown as Listener<"open">;
    expect(() => addEventListener(socket, "open", listener)).toThrow(
      'the listener for "open" must be a function or an object with handleEvent; it is text',
    );
  });
});
