/** Socket.IO on Bun, with the engine that Socket.IO has for it, as the engine's README starts it. */
import { Server as Engine } from "@socket.io/bun-engine";
import { Server } from "socket.io";
import { announce, host } from "../start.mjs";
import { handle } from "./handle.mjs";

const io = new Server();
const engine = new Engine({ path: "/socket.io/" });
io.bind(engine);
handle(io);

const server = Bun.serve({ hostname: host, port: 0, ...engine.handler() });
announce(server.port);
