import { Duplex } from "node:stream";
import { expect, it } from "vitest";
import { createRequest } from "./request.ts";
import { parseTarget } from "./target.ts";

it.each([
  ["ws://example.com:0/", "0", "example.com:0"],
  ["ws://example.com/", "80", "example.com"],
  ["wss://example.com/", "443", "example.com"],
  ["wss://example.com:80/", "80", "example.com:80"],
])("goes to the port of %s, also where Node would take it for none", (address, port, host) => {
  const asked: unknown[] = [];
  const request = createRequest(
    parseTarget(address),
    { headers: {}, auth: undefined },
    {
      createConnection: (options: object) => {
        asked.push("port" in options ? String(options.port) : undefined);
        return new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() });
      },
    },
  );
  request.on("error", () => {});
  expect(asked).toEqual([port]);
  expect(request.getHeader("host")).toBe(host);
  request.destroy();
});
