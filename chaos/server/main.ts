/** The process of a server under test. The referee talks with it over its IPC channel. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { type Order, type Report, type ServerSettings, settingsVariable } from "./control.ts";
import type { Body, StartSubject, Subject } from "./subject.ts";

const sampleEveryMs = 500;
const graceMs = 3000;

const settings = JSON.parse(process.env[settingsVariable] ?? "{}") as ServerSettings;

const realNow = Date.now;
let shiftMs = settings.shiftMs;
Date.now = () => realNow() + shiftMs;

function report(what: Report): void {
  // A referee that is gone needs no reports.
  if (process.connected) process.send?.(what, undefined, undefined, () => {});
}

function bodyOf({ content, padding }: Order & { kind: "publish" }): Body {
  return padding === 0 ? content : { ...content, padding: "x".repeat(padding) };
}

async function obey(order: Order, subject: Subject): Promise<void> {
  switch (order.kind) {
    case "publish": {
      const { ref, by } = order;
      if (by === "server") {
        report({ kind: "answer", ref, answer: await subject.publish(bodyOf(order)) });
      } else {
        subject.emit(bodyOf(order));
        report({ kind: "answer", ref, answer: { kind: "unknown" } });
      }
      break;
    }
    case "history":
      report({
        kind: "page",
        ref: order.ref,
        page: await subject.history(order.room, order.after),
      });
      break;
    case "clock":
      shiftMs = order.shiftMs;
      break;
    case "revoke":
      subject.revoke(order.token);
      report({ kind: "done", ref: order.ref });
      break;
  }
}

async function choose(): Promise<StartSubject> {
  if (settings.server === "socket.io") return (await import("./socket-io.ts")).startSocketIo;
  return (await import("./openline.ts")).startOpenline;
}

const start = await choose();
const http = createServer();
const subject = await start(http, settings);
http.listen(0, "127.0.0.1");
await once(http, "listening");

process.on("message", (order: Order) => {
  obey(order, subject).catch((error: unknown) => {
    if ("ref" in order) report({ kind: "failed", ref: order.ref, message: String(error) });
  });
});
process.once("SIGTERM", async () => {
  await subject.close(graceMs);
  process.exit(0);
});
process.once("disconnect", () => process.exit(0));

const delay = monitorEventLoopDelay({ resolution: 10 });
delay.enable();
setInterval(() => {
  report({ kind: "delay", loopDelayMs: delay.max / 1e6 });
  delay.reset();
}, sampleEveryMs).unref();

report({ kind: "listening", port: (http.address() as AddressInfo).port });
