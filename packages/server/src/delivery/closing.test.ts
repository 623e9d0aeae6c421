import { describe, expect, test } from "vitest";
import { memoryLog } from "../log/memory-log.ts";
import { connected, first } from "../server.fixture.ts";
import { chat, chatOn, collect } from "./chat.fixture.ts";

describe("a server that closes with a grace", () => {
  for (const transport of ["websocket", "polling"] as const) {
    test(`lets clients on ${transport} go so that they come back, with all that was sent`, async () => {
      const log = memoryLog();
      const running = await chatOn(log);
      const { io, http } = running;
      const client = await connected(running, { transports: [transport] });
      const messages = collect(client, "message");
      await client.emitWithAck("enter", "chat:1");
      const reason = first(client, "disconnect");
      const published = client.emitWithAck("openline:publish", {
        room: "chat:1",
        event: "message",
        data: 1,
      });
      await expect.poll(() => io.sockets.adapter.rooms.get("chat:1")?.size).toBe(1);
      io.to("chat:1").emit("message", 2);
      const closed = io.close({ graceMs: 5_000 });
      expect((await reason)[0]).toBe("transport close");
      const answer = await published.catch(() => null);
      await closed;
      expect(http.listening).toBe(false);
      expect(messages.got).toContain(2);
      // A client of protocol 5 comes back by itself only if it was not told to stay away.
      expect((client as unknown as { active: boolean }).active).toBe(true);
      if (answer !== null && answer.code === undefined) expect(messages.got).toContain(1);
    });
  }

  test("refuses new clients with 503 until it is gone", async () => {
    const running = await chat();
    running.io.engine.refuseNew();
    const response = await fetch(`${running.url}/socket.io/?EIO=4&transport=polling`);
    expect(response.status).toBe(503);
    expect(response.headers.get("retry-after")).toBe("1");
    expect(await response.json()).toMatchObject({ message: "Server is closing" });
  });
});
