import { once } from "node:events";
import { type AddressInfo, connect } from "node:net";
import { expect, test } from "vitest";
import { start } from "./server.fixture.ts";

test("waits for those who say nothing no longer than its grace", async () => {
  const { io, http } = await start();
  const silent = connect((http.address() as AddressInfo).port, "127.0.0.1");
  const unfinished = connect((http.address() as AddressInfo).port, "127.0.0.1");
  for (const socket of [silent, unfinished]) socket.on("error", () => {}).resume();
  await Promise.all([once(silent, "connect"), once(unfinished, "connect")]);
  const reached = once(http, "request");
  unfinished.write("POST /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: a\r\n");
  unfinished.write("Content-Length: 9\r\n\r\n1");
  await reached;
  const closed = Promise.all([silent, unfinished].map((socket) => once(socket, "close")));
  await io.close({ graceMs: 100 });
  expect(http.listening).toBe(false);
  await closed;
});
