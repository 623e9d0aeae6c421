/** As much of faye-websocket, which has no types, as these tests use. */
declare module "faye-websocket" {
  import type { EventEmitter } from "node:events";
  import type { IncomingMessage } from "node:http";
  import type { Duplex } from "node:stream";

  class WebSocket extends EventEmitter {
    constructor(request: IncomingMessage, socket: Duplex, head: Buffer, protocols?: string[]);
    readonly protocol: string;
    send(data: string | Buffer): void;
    close(code: number, reason: string): void;
  }

  class Client extends EventEmitter {
    constructor(url: string, protocols: string[]);
    readonly protocol: string;
    send(data: string | Buffer): void;
    close(code: number, reason: string): void;
  }

  namespace WebSocket {
    export { Client };
  }

  export default WebSocket;
}
