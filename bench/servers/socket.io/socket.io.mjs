/** Socket.IO as its documentation starts it: on node:http, with `ws` as its WebSocket engine. */
import { createServer } from "node:http";
import { Server } from "socket.io";
import { announce, host } from "../start.mjs";
import { handle } from "./handle.mjs";

const httpServer = createServer();
handle(new Server(httpServer));
httpServer.listen(0, host, () => announce(httpServer.address().port));
