/** Openline in the place of Socket.IO: the same lines, another import. */
import { createServer } from "node:http";
import { Server } from "openline";
import { announce, host } from "../start.mjs";
import { handle } from "./handle.mjs";

const httpServer = createServer();
handle(new Server(httpServer));
httpServer.listen(0, host, () => announce(httpServer.address().port));
