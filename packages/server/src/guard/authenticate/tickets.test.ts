import { describe, expect, it } from "vitest";
import { MemoryTickets } from "./memory-tickets.ts";
import type { Verdict } from "./principal.ts";
import type { StoredTicket } from "./ticket-store.ts";
import { type TicketOptions, type Tickets, tickets } from "./tickets.ts";

const ada = { id: "ada" };
const invalid = { code: "OPENLINE_TICKET_INVALID" };

function make(options: TicketOptions = {}): Tickets & { at(ms: number): void } {
  let nowMs = 0;
  return {
    ...tickets({ nowMs: () => nowMs, ...options }),
    at: (ms) => {
      nowMs = ms;
    },
  };
}

const use = async (door: Tickets, ticket: unknown, origin?: string): Promise<Verdict> =>
  door.authenticate({ headers: origin === undefined ? {} : { origin }, auth: { ticket } });

describe("a ticket", () => {
  it("lets in once", async () => {
    const door = make();
    const ticket = await door.issue(ada);
    expect(await use(door, ticket)).toEqual(ada);
    expect(await use(door, ticket)).toMatchObject(invalid);
  });

  it("lets in one of all who come at once", async () => {
    const door = make();
    const ticket = await door.issue(ada);
    const verdicts = await Promise.all(Array.from({ length: 20 }, () => use(door, ticket)));
    expect(verdicts.filter((verdict) => verdict === ada)).toHaveLength(1);
  });

  it("is good for moments", async () => {
    const door = make();
    const [short, long] = [await door.issue(ada, 1_000), await door.issue(ada)];
    door.at(1_000);
    expect(await use(door, short)).toMatchObject(invalid);
    door.at(29_999);
    expect(await use(door, long)).toEqual(ada);
    const late = await door.issue(ada);
    door.at(59_999);
    expect(await use(door, late)).toMatchObject(invalid);
  });

  it("is used up by a page of another origin", async () => {
    const door = make();
    const issue = (): Promise<string> => door.issue(ada, 1_000, { origin: "https://a.example" });
    expect(await use(door, await issue(), "https://a.example")).toEqual(ada);
    for (const origin of ["https://b.example", "https://a.example.evil", "null", undefined]) {
      const ticket = await issue();
      expect(await use(door, ticket, origin)).toMatchObject(invalid);
      expect(await use(door, ticket, "https://a.example")).toMatchObject(invalid);
    }
  });

  it("has 256 random bits, and is not stored", async () => {
    const stored = new Map<string, StoredTicket>();
    const door = make({
      store: {
        put: async (hash, ticket) => void stored.set(hash, ticket),
        take: async (hash) => stored.get(hash),
      },
    });
    const all = await Promise.all(Array.from({ length: 100 }, () => door.issue(ada)));
    expect(new Set(all).size).toBe(100);
    for (const ticket of all) {
      expect(Buffer.from(ticket, "base64url")).toHaveLength(32);
      expect(stored.has(ticket)).toBe(false);
    }
    expect(await use(door, all[0])).toEqual(ada);
  });

  it.each([[""], ["ticket"], [{}], ["__proto__"]])("is none: %j", async (wrong) => {
    const door = make();
    await door.issue(ada);
    expect(await use(door, wrong)).toHaveProperty("code");
  });

  it("comes in `auth.ticket`, and in a query where that is said", async () => {
    const door = make();
    const other = make({ from: ["query:ticket"] });
    const url = async (issuer: Tickets): Promise<string> => `/?ticket=${await issuer.issue(ada)}`;
    expect(await door.authenticate({ headers: {}, url: await url(door) })).toMatchObject({
      code: "OPENLINE_UNAUTHENTICATED",
    });
    expect(await other.authenticate({ headers: {}, url: await url(other) })).toEqual(ada);
  });

  it("is not issued when too many wait, until some have expired", async () => {
    const door = make({ maxTickets: 3 });
    for (let count = 0; count < 3; count += 1) await door.issue(ada, 1_000);
    door.at(400);
    await expect(door.issue(ada)).rejects.toMatchObject({
      code: "OPENLINE_UNAVAILABLE",
      retryAfterMs: 600,
    });
    door.at(1_000);
    expect(await use(door, await door.issue(ada))).toEqual(ada);
  });

  it.each([0, -1, 30_001, Number.NaN, "5s" as never])("is not issued for %s ms", async (ttlMs) => {
    await expect(make().issue(ada, ttlMs)).rejects.toThrow("`ttlMs` takes milliseconds from 1 to");
  });
});

describe("tickets in memory", () => {
  it("are forgotten when they have expired", () => {
    let nowMs = 0;
    const store = new MemoryTickets(10_000, () => nowMs);
    for (let count = 0; count < 5_000; count += 1) {
      nowMs = count;
      store.put(`${count}`, { principal: ada, expiresMs: nowMs + 100, origin: null });
      expect(store.size).toBeLessThanOrEqual(101);
    }
  });

  it("are a number from 1 up", () => {
    expect(() => tickets({ maxTickets: 0 })).toThrow(
      "`maxTickets` takes a number from 1 up, not 0",
    );
  });
});
