// Whoever imports and whoever requires must get the very same classes.
import { createRequire } from "node:module";
import Default, * as named from "@openline/websocket";

const required = createRequire(import.meta.url)("@openline/websocket");

console.log("default is the class", Default === named.WebSocket);
console.log("require gives the class", required === named.WebSocket);
console.log("Server", required.Server === named.WebSocketServer);
console.log("WebSocketServer", required.WebSocketServer === named.WebSocketServer);
console.log("WebSocket", required.WebSocket === named.WebSocket);
console.log("stream", required.createWebSocketStream === named.createWebSocketStream);
console.log("OPEN", required.OPEN, Default.OPEN);
