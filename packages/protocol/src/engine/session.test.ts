import { describe, expect, it } from "vitest";
import { enginePackets } from "./packet.ts";
import { Session } from "./session.ts";

const { ping, pong, message, upgrade, noop, close, open } = enginePackets;
const times = { pingIntervalMs: 25, pingTimeoutMs: 20, upgradeTimeoutMs: 10 };

function polling(version: 3 | 4 = 4): Session<string> {
  return new Session("polling", version, times, 0);
}

/** A session whose WebSocket has been answered. */
function probed(): Session<string> {
  const session = polling();
  session.openProbe("websocket", 0);
  session.receive("websocket", ping, true, 0);
  return session;
}

describe("packets on the transport in use", () => {
  it("delivers messages, takes leave and ignores the rest", () => {
    const session = polling();
    expect(session.receive("polling", message, false, 0)).toBe("deliver");
    expect(session.receive("polling", close, false, 0)).toBe("close");
    for (const type of [noop, open, upgrade]) {
      expect(session.receive("polling", type, false, 0)).toBe("ignore");
    }
  });

  it("ignores what comes on a transport that is none of its own", () => {
    expect(polling().receive("other", message, false, 0)).toBe("ignore");
  });

  it("ignores what comes while it closes", () => {
    const session = polling();
    session.askClose();
    expect(session.isOpen).toBe(false);
    expect(session.receive("polling", message, false, 0)).toBe("ignore");
  });
});

describe("the heartbeat of version 4", () => {
  it("pings after the interval, and waits for the pong", () => {
    const session = polling();
    expect(session.deadlineMs).toBe(25);
    expect(session.expire(24)).toBe("wait");
    expect(session.expire(25)).toBe("ping");
    expect(session.deadlineMs).toBe(45);
    expect(session.receive("polling", pong, false, 30)).toBe("beat");
    expect(session.deadlineMs).toBe(55);
  });

  it("gives a silent client up for lost", () => {
    const session = polling();
    session.expire(25);
    expect(session.expire(44)).toBe("wait");
    expect(session.expire(45)).toBe("lost");
  });

  it("is put off by other packets once, not for ever", () => {
    const session = polling();
    session.expire(25);
    session.receive("polling", message, false, 40);
    expect(session.deadlineMs).toBe(60);
    session.receive("polling", message, false, 59);
    expect(session.expire(60)).toBe("lost");
  });

  it("is the server's to begin", () => {
    expect(polling().receive("polling", ping, false, 0)).toBe("badHeartbeat");
  });

  it("does not mind a pong that nobody asked for", () => {
    const session = polling();
    session.receive("polling", pong, false, 10);
    expect(session.deadlineMs).toBe(25);
  });
});

describe("the heartbeat of version 3", () => {
  it("is the client's to begin", () => {
    const session = polling(3);
    expect(session.deadlineMs).toBe(45);
    expect(session.receive("polling", ping, false, 40)).toBe("pong");
    expect(session.deadlineMs).toBe(85);
    expect(session.expire(85)).toBe("lost");
    expect(polling(3).receive("polling", pong, false, 0)).toBe("badHeartbeat");
  });
});

describe("a better transport", () => {
  it("is probed and takes over", () => {
    const session = polling();
    expect(session.openProbe("websocket", 0)).toBe(true);
    expect(session.isUpgrading).toBe(true);
    expect(session.receive("websocket", ping, true, 1)).toBe("answerProbe");
    expect(session.receive("polling", message, false, 1)).toBe("deliver");
    expect(session.receive("websocket", upgrade, false, 2)).toBe("switch");
    expect(session).toMatchObject({ line: "websocket", hasUpgraded: true, isUpgrading: false });
    expect(session.receive("websocket", message, false, 3)).toBe("deliver");
    expect(session.receive("polling", message, false, 3)).toBe("ignore");
  });

  it("may ask twice", () => {
    expect(probed().receive("websocket", ping, true, 1)).toBe("answerProbe");
  });

  it.each([
    ["a message", message, false],
    ["a ping that is no probe", ping, false],
    ["an upgrade before the probe", upgrade, false],
  ] as const)("is dropped for %s", (_, type, isProbe) => {
    const session = polling();
    session.openProbe("websocket", 0);
    expect(session.receive("websocket", type, isProbe, 1)).toBe("dropProbe");
    expect(session).toMatchObject({ state: "open", line: "polling", probe: null });
  });

  it("is dropped for a message after the probe", () => {
    expect(probed().receive("websocket", message, false, 1)).toBe("dropProbe");
  });

  it("is dropped when it takes too long", () => {
    const session = probed();
    expect(session.deadlineMs).toBe(10);
    expect(session.expire(10)).toBe("dropProbe");
    expect(session).toMatchObject({ state: "open", probe: null, deadlineMs: 25 });
  });

  it("is one at a time, and once", () => {
    const session = polling();
    session.openProbe("websocket", 0);
    expect(session.openProbe("another", 0)).toBe(false);
    session.receive("websocket", ping, true, 0);
    session.receive("websocket", upgrade, false, 0);
    expect(session.openProbe("another", 0)).toBe(false);
  });

  it("may be tried again after a failure", () => {
    const session = polling();
    session.openProbe("websocket", 0);
    session.loseProbe();
    expect(session.openProbe("another", 0)).toBe(true);
  });

  it("takes over while the session closes, if it was answered before", () => {
    const session = probed();
    session.askClose();
    expect(session.receive("websocket", ping, true, 0)).toBe("answerProbe");
    expect(session.receive("websocket", upgrade, false, 0)).toBe("switch");
    expect(session.line).toBe("websocket");
    expect(session.state).toBe("closing");
    expect(session.receive("websocket", message, false, 0)).toBe("ignore");
  });

  it("may be lost while the session closes", () => {
    const session = probed();
    session.askClose();
    expect(session.expire(10)).toBe("dropProbe");
    expect(session.state).toBe("closing");
    expect(session.receive("websocket", upgrade, false, 11)).toBe("ignore");
  });

  it("does not come to a session that closes", () => {
    const session = polling();
    session.askClose();
    expect(session.openProbe("websocket", 0)).toBe(false);
  });
});

describe("the end", () => {
  it("comes once", () => {
    const session = probed();
    session.lose();
    session.lose();
    expect(session.state).toBe("closed");
    expect(session.expire(1_000)).toBe("wait");
  });

  it("cannot be asked for twice", () => {
    const session = polling();
    session.askClose();
    expect(() => session.askClose()).toThrow("closing cannot be closeAsked");
  });
});
