import { openWebSocket, toBinary } from "#platform";
import { host, type WebSocketLike } from "../platform/host.ts";
import { type EnginePacket, readPacket, writePacket } from "./engine-packet.ts";
import { Transport } from "./transport.ts";

/** Packets over a WebSocket: one a message. */
export class WebSocketTransport extends Transport {
  #ws: WebSocketLike | undefined;

  get name(): string {
    return "websocket";
  }

  open(): void {
    const { opts } = this;
    openWebSocket(this.addressOf("ws", opts.timestampRequests), opts).then(
      (ws) => this.#use(ws),
      (error) => this.listener.onError?.(error),
    );
  }

  #use(ws: WebSocketLike): void {
    const { autoUnref, socket } = this.opts;
    const { binaryType } = socket;
    this.#ws = ws;
    // It may have been closed while the platform looked for a class.
    if (this.readyState === "closed") {
      this.doClose();
      return;
    }
    // Whatever is not a blob is made of an ArrayBuffer.
    ws.binaryType = binaryType === "blob" ? binaryType : "arraybuffer";
    ws.onopen = () => {
      if (autoUnref) ws._socket?.unref();
      this.opened();
    };
    ws.onmessage = ({ data }) => {
      const packet: EnginePacket =
        typeof data === "string"
          ? readPacket(data)
          : {
              type: "message",
              data: data instanceof ArrayBuffer ? toBinary(data, binaryType) : data,
            };
      this.listener.onPacket?.(packet);
    };
    ws.onerror = (event) => this.fail("websocket error", event);
    ws.onclose = (context) => this.end({ description: "websocket connection closed", context });
  }

  send(packets: readonly EnginePacket[]): number {
    this.writable = false;
    for (const packet of packets) {
      const { data, options } = packet;
      // A socket that is closing throws in some browsers: its close event is on its way.
      try {
        this.#ws?.send(typeof data === "object" ? data : writePacket(packet), options);
      } catch {}
    }
    host.queueMicrotask(() => this.drained());
    return packets.length;
  }

  protected doClose(): void {
    const ws = this.#ws;
    if (!ws) return;
    ws.onopen = ws.onmessage = ws.onclose = null;
    // Node's own complain when they are closed before they are open.
    ws.onerror = () => {};
    ws.close();
  }
}
