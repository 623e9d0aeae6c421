/** What a page imports by URL: all the names of `@openline/client`. */
export {
  connect,
  default,
  Fetch,
  io,
  Manager,
  NodeWebSocket,
  NodeXHR,
  protocol,
  Socket,
  WebSocket,
  XHR,
} from "@openline/client";
