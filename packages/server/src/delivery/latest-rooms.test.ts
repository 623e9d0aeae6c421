import { describe, expect, test } from "vitest";
import { connected, type Running, start } from "../server.fixture.ts";
import { back, cut } from "./chat.fixture.ts";

/** A server with a room of prices, of which the newest of each symbol counts. */
async function ticker(): Promise<Running> {
  const running = await start();
  const { io } = running;
  io.rooms("ticker", { delivery: "latest", key: (event, [symbol]) => `${event}:${symbol}` });
  io.on("connection", (socket) => {
    socket.on("enter", async (answer: () => void) => {
      await socket.join("ticker");
      answer();
    });
  });
  return running;
}

describe("latest rooms", () => {
  test("give who comes back again what may not have arrived", async () => {
    const running = await ticker();
    const { io } = running;
    await io.sockets.delivery?.ready;
    io.to("ticker").emit("price", "ADA", 1);
    io.to("ticker").emit("price", "BOB", 2);
    const client = await connected(running);
    const prices: unknown[] = [];
    client.on("price", (symbol, price) => prices.push([symbol, price]));
    await client.emitWithAck("enter");
    const both = [
      ["ADA", 1],
      ["BOB", 2],
    ];
    await expect.poll(() => prices).toEqual(both);
    await cut(running, client);
    // Both had the same cursor: it does not tell whether the second one has arrived.
    await back(client);
    await expect.poll(() => prices.slice(2)).toEqual(both);
  });

  test("give who joins the current value of each key", async () => {
    const running = await ticker();
    const { io } = running;
    io.to("ticker").emit("price", "ADA", 1);
    io.to("ticker").emit("price", "ADA", 2);
    io.to("ticker").emit("price", "BOB", 7);
    await io.sockets.delivery?.ready;
    io.to("ticker").emit("price", "ADA", 3);
    io.to("ticker").emit("price", "ADA", 4);
    io.to("ticker").emit("price", "BOB", 8);
    const client = await connected(running);
    const prices: unknown[] = [];
    client.on("price", (symbol, price) => prices.push([symbol, price]));
    await client.emitWithAck("enter");
    io.to("ticker").emit("price", "BOB", 9);
    await expect
      .poll(() => prices)
      .toEqual([
        ["ADA", 4],
        ["BOB", 8],
        ["BOB", 9],
      ]);
    await cut(running, client);
    io.to("ticker").emit("price", "ADA", 5);
    io.to("ticker").emit("price", "ADA", 6);
    await back(client);
    await expect.poll(() => prices.slice(3)).toEqual([["ADA", 6]]);
  });
});
