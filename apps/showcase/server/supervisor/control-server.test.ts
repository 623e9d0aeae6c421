import { once } from "node:events";
import { request } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { ControlState } from "../../protocol/control.ts";
import { ControlServer, isOurs } from "./control-server.ts";

const pagesPort = 3000;
let control: ControlServer;
let port: number;
let state: ControlState;
let done: string[];

beforeEach(async () => {
  done = [];
  state = { server: "running", pid: 1, runs: 1, hasCompany: false };
  control = new ControlServer({
    pagesPort,
    get state() {
      return state;
    },
    async kill() {
      done.push("kill");
    },
    restart: () => Promise.reject(new Error("it does not listen")),
    setCompany: (isOn) => done.push(`company ${isOn}`),
  });
  control.server.listen(0, "127.0.0.1");
  await once(control.server, "listening");
  port = (control.server.address() as AddressInfo).port;
});

afterEach(() => control.close());

/** Asks as a page of that origin does. */
async function ask(method: string, path: string, origin?: string): Promise<[number, unknown]> {
  const headers = origin === undefined ? {} : { origin };
  const asked = request({ port, host: "127.0.0.1", method, path, headers });
  asked.end();
  const [response] = await once(asked, "response");
  response.resume();
  return [response.statusCode, response.headers["access-control-allow-origin"]];
}

describe("the control server", () => {
  test("kills for the pages of its own showcase, and for its own page", async () => {
    const page = `http://127.0.0.1:${pagesPort}`;
    expect(await ask("POST", "/kill", page)).toEqual([204, page]);
    expect(await ask("POST", "/company?on=1", page)).toEqual([204, page]);
    const own = `http://127.0.0.1:${port}`;
    expect(await ask("POST", "/company?on=0", own)).toEqual([204, own]);
    expect(done).toEqual(["kill", "company true", "company false"]);
  });

  test("does nothing for pages of other origins", async () => {
    for (const origin of [
      "http://evil.example",
      "http://evil.example:3000",
      "http://127.0.0.1:4000",
      "https://127.0.0.1:3000",
      "null",
    ]) {
      expect(await ask("POST", "/kill", origin)).toEqual([403, undefined]);
    }
    expect(done).toEqual([]);
  });

  test("answers what fails, and what is not there", async () => {
    expect((await ask("POST", "/restart"))[0]).toBe(500);
    expect((await ask("POST", "/nothing"))[0]).toBe(404);
    expect((await ask("GET", "/nothing"))[0]).toBe(404);
    expect((await ask("GET", "/"))[0]).toBe(200);
    expect((await ask("DELETE", "/"))[0]).toBe(405);
  });

  test("tells those who follow how it is, and of each change", async () => {
    const asked = request({ port, host: "127.0.0.1", path: "/state" }).end();
    const [response] = await once(asked, "response");
    let text = "";
    response.on("data", (chunk: Buffer) => {
      text += chunk.toString();
    });
    await expect.poll(() => text).toContain(`data: ${JSON.stringify(state)}\n\n`);
    state = { server: "dead", pid: null, runs: 1, hasCompany: false };
    control.changed();
    await expect.poll(() => text).toContain(`data: ${JSON.stringify(state)}\n\n`);
    response.destroy();
  });
});

test("pages are known by the name that this machine was asked by", () => {
  expect(isOurs("http://localhost:3000", "localhost:3001", 3000)).toBe(true);
  expect(isOurs("http://[::1]:3000", "[::1]:3001", 3000)).toBe(true);
  expect(isOurs("http://showcase.example", "showcase.example:81", 80)).toBe(true);
  expect(isOurs("http://localhost:3000", "127.0.0.1:3001", 3000)).toBe(false);
  expect(isOurs("http://localhost:3000", undefined, 3000)).toBe(false);
  expect(isOurs("nonsense", "localhost:3001", 3000)).toBe(false);
});
