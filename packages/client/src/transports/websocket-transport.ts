import { findWebSocket, toBinary } from "#platform";
import { host, type WebSocketConstructor, type WebSocketLike } from "../platform/host.ts";
import { type EnginePacket, readPacket, writePacket } from "./engine-packet.ts";
import { Transport } from "./transport.ts";

/** Packets over a WebSocket: one a message. */
export class WebSocketTransport extends Transport {
  #ws: WebSocketLike | undefined;

  get name(): string {
    return "websocket";
  }

  open(): void {
    const given = this.opts.WebSocket;
    (given ? Promise.resolve(given) : findWebSocket(this.opts))
      .then((Class) => this.#open(Class))
      // Not before somebody listens, therefore.
      .catch((error: Error) => this.emitReserved("error", error));
  }

  #open(Class: WebSocketConstructor): void {
    // It may have been closed while the class was looked for.
    if (this.readyState !== "opening") return;
    const { opts } = this;
    const { binaryType } = opts.socket;
    const ws = this.#make(Class, this.addressOf("ws", opts.timestampRequests));
    this.#ws = ws;
    // Whatever is not a blob is made of an ArrayBuffer.
    ws.binaryType = binaryType === "blob" ? binaryType : "arraybuffer";
    ws.onopen = () => {
      if (opts.autoUnref) ws._socket?.unref();
      this.onOpen();
    };
    ws.onmessage = ({ data }) => {
      this.emitReserved(
        "packet",
        typeof data === "string"
          ? readPacket(data)
          : {
              type: "message",
              data: data instanceof ArrayBuffer ? toBinary(data, binaryType) : data,
            },
      );
    };
    ws.onerror = (event) => this.onError("websocket error", event);
    ws.onclose = (context) => this.onClose({ description: "websocket connection closed", context });
  }

  #make(Class: WebSocketConstructor, url: string): WebSocketLike {
    const { protocols, extraHeaders, socket } = this.opts;
    const cookie = socket.cookieJar?.give();
    const headers = cookie ? { ...extraHeaders, cookie } : extraHeaders;
    if (headers) {
      if (Class !== host.WebSocket) return new Class(url, protocols ?? [], { headers });
      try {
        // Node, Bun and Deno take them second, React Native third.
        return new Class(url, { headers, protocols }, { headers });
      } catch {
        // Browsers take none.
      }
    }
    return new Class(url, protocols);
  }

  send(packets: readonly EnginePacket[]): number {
    this.writable = false;
    for (const packet of packets) {
      const { data, options } = packet;
      const isBinary = typeof data === "object";
      // A socket that is closing throws in some browsers: its close event is on its way.
      try {
        this.#ws?.send(isBinary ? data : writePacket(packet), options);
      } catch {}
    }
    host.queueMicrotask(() => {
      // A transport that was closed meanwhile has no more to say.
      if (this.readyState === "closed") return;
      this.writable = true;
      this.emitReserved("drain");
    });
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
