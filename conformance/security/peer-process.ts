/**
 * A client in a process of its own, which can be stopped or killed as a whole: it opens connections
 * to its first argument, as many as its second says, and tells when they are open.
 */
import { once } from "node:events";
import { WebSocket } from "@openline/websocket";

const [url = "", count = "1"] = process.argv.slice(2);
const sockets = Array.from({ length: Number(count) }, () => new WebSocket(url));
await Promise.all(sockets.map((socket) => once(socket, "open")));
process.on("disconnect", () => process.exit());
process.send?.("open");
