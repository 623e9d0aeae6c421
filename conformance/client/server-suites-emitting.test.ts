// The suites of the server, with our client in the place of the stock one.
import * as ours from "@openline/client";
import * as stock from "socket.io-client";
import { expect, test, vi } from "vitest";
import "../socket-io-api/acknowledgements.test.ts";
import "../socket-io-api/catch-all.test.ts";
import "../socket-io-api/events.test.ts";
import "../socket-io-api/order.test.ts";
import "../socket-io-api/volatile.test.ts";

vi.mock("socket.io-client", () => import("@openline/client"));

test("the client is ours", () => {
  expect(stock.Manager).toBe(ours.Manager);
});
