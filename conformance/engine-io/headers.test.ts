import { expect } from "vitest";
import { ask } from "./http.ts";
import { PollingSession } from "./polling-session.ts";
import { requires } from "./requires.ts";
import { askUpgrade } from "./upgrade-request.ts";

const origin = "https://app.example.com";
const page = { Origin: origin };
const polling = "EIO=4&transport=polling";
const websocket = "EIO=4&transport=websocket";

requires("engine.io, cors: without the option no answer allows another origin", async (address) => {
  const answer = await ask(address.at(polling), { headers: page });
  expect(answer.headers["access-control-allow-origin"]).toBeUndefined();
});

requires(
  "CSWSH (GHSA-f53g-frr2-jhpf): without the option a page of another origin opens no session",
  async (address) => {
    expect((await ask(address.at(polling), { headers: page })).status).toBe(403);
    expect((await askUpgrade(address.at(websocket), page)).status).toBe(403);
  },
);

requires("engine.io, cors: a page of the same origin opens a session", async (address) => {
  const headers = { Origin: new URL(address.url).origin };
  expect((await ask(address.at(polling), { headers })).status).toBe(200);
  expect((await askUpgrade(address.at(websocket), headers)).status).toBe(101);
});

const cors = { cors: { origin, credentials: true, methods: ["GET", "POST"], maxAge: 600 } };

requires(
  "engine.io, cors: the page that is named is allowed, with credentials",
  async (address) => {
    const { status, headers } = await ask(address.at(polling), { headers: page });
    expect(status).toBe(200);
    expect(headers["access-control-allow-origin"]).toBe(origin);
    expect(headers["access-control-allow-credentials"]).toBe("true");
    expect(headers.vary).toMatch(/\bOrigin\b/);
  },
  cors,
);

requires(
  "engine.io, cors: polls and POSTs of a session are answered so, too",
  async (address) => {
    const session = await PollingSession.open(address);
    const posted = await session.post("4x", { headers: page });
    expect(posted.headers["access-control-allow-origin"]).toBe(origin);
    const polled = await session.poll({ headers: page });
    expect(polled.headers["access-control-allow-origin"]).toBe(origin);
  },
  cors,
);

requires(
  "engine.io, cors: refusals are answered so, too, that the page may read them",
  async (address) => {
    const { status, headers } = await ask(address.at(`${polling}&sid=x`), { headers: page });
    expect(status).toBe(400);
    expect(headers["access-control-allow-origin"]).toBe(origin);
  },
  cors,
);

requires(
  "engine.io, cors: a preflight is answered with what was set",
  async (address) => {
    const asked = {
      ...page,
      "Access-Control-Request-Method": "POST",
      "Access-Control-Request-Headers": "x-token",
    };
    const { status, headers } = await ask(address.at(`${polling}&sid=x`), {
      method: "OPTIONS",
      headers: asked,
    });
    expect(status).toBe(204);
    expect(headers["access-control-allow-origin"]).toBe(origin);
    expect(headers["access-control-allow-methods"]).toBe("GET,POST");
    expect(headers["access-control-allow-headers"]).toBe("x-token");
    expect(headers["access-control-allow-credentials"]).toBe("true");
    expect(headers["access-control-max-age"]).toBe("600");
  },
  cors,
);

requires("engine.io, cors: without the option a preflight is refused with 400", async (address) => {
  const headers = { ...page, "Access-Control-Request-Method": "POST" };
  const answer = await ask(address.at(polling), { method: "OPTIONS", headers });
  expect(answer.status).toBe(400);
  expect(answer.headers["access-control-allow-origin"]).toBeUndefined();
});

requires(
  "engine.io, cors: any page is allowed where * says so",
  async (address) => {
    const { headers } = await ask(address.at(polling), { headers: page });
    expect(headers["access-control-allow-origin"]).toBe("*");
    expect((await askUpgrade(address.at(websocket), page)).status).toBe(101);
  },
  { cors: { origin: "*" } },
);

requires(
  "engine.io, cors: the page that is named opens a websocket",
  async (address) => {
    expect((await askUpgrade(address.at(websocket), page)).status).toBe(101);
  },
  cors,
);

requires("engine.io, cookie: by default none is set", async (address) => {
  const answer = await ask(address.at(polling));
  expect(answer.headers["set-cookie"]).toBeUndefined();
});

requires(
  "engine.io, cookie: it holds the session's id and is kept from scripts",
  async (address) => {
    const { headers, text } = await ask(address.at(polling));
    const { sid } = JSON.parse(text.slice(1)) as { sid: string };
    expect(headers["set-cookie"]).toEqual([`io=${sid}; Path=/; HttpOnly; SameSite=Lax`]);
  },
  { cookie: true },
);

requires(
  "engine.io, cookie: it has the name and attributes that were set",
  async (address) => {
    const { headers, text } = await ask(address.at(polling));
    const { sid } = JSON.parse(text.slice(1)) as { sid: string };
    const [cookie = ""] = headers["set-cookie"] ?? [];
    expect(cookie.split("; ").sort()).toEqual(
      [`node=${sid}`, "Max-Age=60", "Path=/chat", "Secure", "SameSite=Strict"].sort(),
    );
  },
  {
    cookie: {
      name: "node",
      path: "/chat",
      httpOnly: false,
      secure: true,
      sameSite: "strict",
      maxAge: 60,
    },
  },
);

requires(
  "engine.io, cookie: it is set once, with the handshake",
  async (address) => {
    const session = await PollingSession.open(address);
    await session.send("4x");
    expect((await session.poll()).headers["set-cookie"]).toBeUndefined();
  },
  { cookie: true },
);
