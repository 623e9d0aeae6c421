/**
 * A client in a process of its own, for servers that attack: it connects where it is told, and
 * tells how that ended.
 */
import { WebSocket } from "@openline/websocket";
import type { Ending, Order } from "./client-victim.ts";
import { countDescriptors, takePeakBytes } from "./own-memory.ts";

const unhandled: string[] = [];
process.on("uncaughtException", (error) => unhandled.push(String(error)));
process.on("unhandledRejection", (error) => unhandled.push(String(error)));

process.on("message", ({ url, options }: Order) => {
  globalThis.gc?.();
  takePeakBytes();
  const before = process.memoryUsage.rss();
  let failure: string | null = null;
  let messages = 0;
  const socket = new WebSocket(url, options);
  socket.on("message", () => {
    messages += 1;
  });
  socket.on("error", (error: Error & { code?: string }) => {
    failure = `${error.code}: ${error.message}`;
  });
  socket.on("close", () => {
    const ending: Ending = {
      failure,
      messages,
      unhandled,
      descriptors: countDescriptors(),
      grownBytes: takePeakBytes() - before,
    };
    process.send?.(ending);
  });
});
process.on("disconnect", () => process.exit());
