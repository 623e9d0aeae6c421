import { expect, test } from "vitest";
import { LogError } from "../log/log-error.ts";
import { memoryLog } from "../log/memory-log.ts";
import { start } from "../server.fixture.ts";

async function ask(url: string, path: string): Promise<unknown[]> {
  const response = await fetch(url + path);
  return [response.status, await response.json().catch(() => null)];
}

test("says whether the process lives, and takes clients", async () => {
  const { io, url } = await start({ health: true });
  expect(await ask(url, "/healthz")).toEqual([200, { status: "ok" }]);
  expect(await ask(url, "/readyz?verbose")).toEqual([200, { status: "ready" }]);
  io.engine.refuseNew();
  expect(await ask(url, "/healthz")).toEqual([200, { status: "ok" }]);
  expect(await ask(url, "/readyz")).toEqual([503, { status: "unready", reasons: ["closing"] }]);
});

test("is not ready before its log is open, nor after it has failed", async () => {
  const store = memoryLog();
  let open = (): void => {};
  const opening = new Promise<void>((resolve) => {
    open = resolve;
  });
  const slow = {
    ...store,
    durability: store.durability,
    isPersistent: store.isPersistent,
    onFailure: null as ((error: Error) => void) | null,
    open: (namespace: string) => opening.then(() => store.open(namespace)),
    close: () => store.close(),
  };
  const { io, url } = await start({
    health: { livePath: "/live", readyPath: "/ready" },
    log: slow,
    onError: () => {},
  });
  const unready = (reason: string): unknown => [503, { status: "unready", reasons: [reason] }];
  expect(await ask(url, "/ready")).toEqual(unready("log not open"));
  open();
  await io.sockets.delivery?.ready;
  expect(await ask(url, "/ready")).toEqual([200, { status: "ready" }]);
  slow.onFailure?.(new LogError("OPENLINE_LOG_FAILED", "The disk is broken"));
  expect(await ask(url, "/ready")).toEqual(unready("log failed"));
  expect(await ask(url, "/live")).toEqual([200, { status: "ok" }]);
});

test("is not there unless it is asked for", async () => {
  const { url } = await start();
  expect((await ask(url, "/healthz"))[0]).toBe(404);
});
