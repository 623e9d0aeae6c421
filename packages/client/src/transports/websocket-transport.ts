import { openWebSocket, receivedBinary } from "#platform";
import { host, type WebSocketLike } from "../platform/host.ts";
import { type EnginePacket, readPacket, writePacket } from "./engine-packet.ts";
import { type Transport, type TransportListener, transportError } from "./transport.ts";
import type { TransportOptions } from "./transport-options.ts";

/** Packets over a WebSocket: one a message. */
export class WebSocketTransport implements Transport {
  writable = false;
  listener: TransportListener;
  readonly #opts: TransportOptions;
  #ws: WebSocketLike | undefined;
  #isClosed = false;

  get name(): string {
    return "websocket";
  }

  constructor(opts: TransportOptions, listener: TransportListener) {
    this.#opts = opts;
    this.listener = listener;
  }

  open(): void {
    const opts = this.#opts;
    openWebSocket(`ws${opts.address}?${opts.parameters}`, opts).then(
      (ws) => this.#use(ws),
      (error) => this.listener.onError?.(error),
    );
  }

  #use(ws: WebSocketLike): void {
    this.#ws = ws;
    ws.onopen = () => {
      this.writable = true;
      this.listener.onOpen?.();
    };
    ws.onmessage = ({ data }) => {
      this.listener.onPacket?.(
        typeof data === "string"
          ? readPacket(data)
          : { type: "message", data: receivedBinary(data, this.#opts.socket.binaryType) },
      );
    };
    ws.onerror = (event) => this.listener.onError?.(transportError("websocket error", event));
    ws.onclose = (context) => {
      this.writable = false;
      this.listener.onEnd?.({ description: "websocket connection closed", context });
    };
    // While the platform looked for a class.
    if (this.#isClosed) ws.close();
  }

  send(packets: readonly EnginePacket[]): number {
    this.writable = false;
    for (const packet of packets) {
      const { data, options } = packet;
      // A socket that is closing throws in some browsers: its close event is on its way.
      try {
        this.#ws?.send(typeof data === "object" ? data! : writePacket(packet), options);
      } catch {}
    }
    host.queueMicrotask(() => {
      this.writable = true;
      this.listener.onDrain?.();
    });
    return packets.length;
  }

  close(): void {
    this.listener = {};
    this.#isClosed = true;
    this.#ws?.close();
  }
}
