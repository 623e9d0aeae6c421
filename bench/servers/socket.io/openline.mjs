/** Openline in the place of Socket.IO: the same lines, another import. */
import { createServer } from "node:http";
import { Server } from "openline";
import { announce, host } from "../start.mjs";
import { handle } from "./handle.mjs";

const httpServer = createServer();
// A load generator sends more than any client may: the limits are there, and far away.
const much = { perSecond: 1e9, burst: 1e9 };
handle(new Server(httpServer, { limits: { messagesPerSocket: much, bytesPerSocket: much } }));
httpServer.listen(0, host, () => announce(httpServer.address().port));
