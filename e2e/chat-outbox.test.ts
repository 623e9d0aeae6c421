import type { BrowserContext, Page } from "playwright-core";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  areStored,
  chatBrowser,
  countPublishes,
  enter,
  hasAll,
  hasOnce,
  isHere,
  ledger,
  messages,
  pending,
  say,
  settles,
  status,
  stormSettles,
} from "./chat.fixture.ts";
import { Line } from "./line.ts";
import { type RunningShowcase, startShowcase } from "./showcase.ts";

const chat = chatBrowser();
let showcase: RunningShowcase;
/** What the pages of Ada go through. Ben has a line of his own, which holds. */
let line: Line;

beforeEach(async () => {
  showcase = await startShowcase();
  line = await Line.to(showcase.port);
});

afterEach(async () => {
  await line.close();
  await showcase.discard();
});

const written = ["one", "two", "three", "four", "five"];

/** A device without a network: the browser knows, and what was connected is not. */
async function goOffline(context: BrowserContext): Promise<void> {
  await context.setOffline(true);
  line.cut();
}

async function goOnline(context: BrowserContext): Promise<void> {
  line.mend();
  await context.setOffline(false);
}

async function writeAll(page: Page): Promise<void> {
  for (const text of written) await say(page, text);
  await expect.poll(() => pending(page).count()).toBe(written.length);
  // It takes a moment, during which a page that dies takes them along.
  await areStored(page, written.length);
}

/** Waits until both show all of it: once, and in order. */
async function haveAll(...pages: Page[]): Promise<void> {
  for (const page of pages) {
    await hasAll(page, written.length);
    await settles(page);
    expect(await messages(page).allTextContents()).toEqual(written);
  }
}

describe("what is written offline", () => {
  test("waits, and goes out once and in order when there is a network again", async () => {
    const ada = await chat.join(line.url, "Ada");
    const ben = await chat.join(showcase.url, "Ben");
    const counts = countPublishes(ada);
    await goOffline(ada.context());
    await status(ada, /Offline/).waitFor();
    await writeAll(ada);
    expect(await ledger(ada, "outbox")).toBe("5 waiting, 0 on the way");
    await goOnline(ada.context());
    await haveAll(ada, ben);
    expect(await ledger(ada, "outbox")).toBe("0 waiting, 0 on the way");
    // On the wire, too.
    expect([...counts.values()]).toEqual([1, 1, 1, 1, 1]);
  });

  test("is still there after a reload, and goes out once", async () => {
    const ada = await chat.join(line.url, "Ada");
    const ben = await chat.join(showcase.url, "Ben");
    const counts = countPublishes(ada);
    line.cutButForPages();
    await status(ada, /Reconnecting in/).waitFor();
    await writeAll(ada);
    await ada.reload();
    await expect.poll(() => pending(ada).count()).toBe(written.length);
    await say(ada, "six");
    line.mend();
    for (const page of [ada, ben]) {
      await hasAll(page, written.length + 1);
      await settles(page);
      expect(await messages(page).allTextContents()).toEqual([...written, "six"]);
    }
    expect([...counts.values()]).toEqual([1, 1, 1, 1, 1, 1]);
  });

  test("goes out though the line breaks again and again amid it", async () => {
    const ada = await chat.join(line.url, "Ada");
    const ben = await chat.join(showcase.url, "Ben");
    await ada.getByRole("button", { name: "Send 100 messages" }).click();
    for (const count of [10, 40, 70]) {
      await expect.poll(() => messages(ben).count(), { timeout: 20_000 }).toBeGreaterThan(count);
      line.cut();
      line.mend();
    }
    await stormSettles(ada);
    for (const page of [ada, ben]) await hasAll(page, 100);
    expect(await ledger(ben, "fingerprint")).toBe(await ledger(ada, "fingerprint"));
  });
});

describe("two tabs with one store", () => {
  test("send what each has written once", async () => {
    const context = await chat.person();
    const counts = new Map<string, number>();
    const one = await chat.open("about:blank", context);
    const two = await chat.open("about:blank", context);
    for (const page of [one, two]) countPublishes(page, counts);
    await one.goto(line.url);
    await enter(one, "Ada");
    await two.goto(line.url);
    await isHere(two, "Ada");
    const ben = await chat.join(showcase.url, "Ben");
    line.cut();
    for (const page of [one, two]) await status(page, /Reconnecting in/).waitFor();
    for (const text of ["one a", "one b"]) await say(one, text);
    for (const text of ["two a", "two b"]) await say(two, text);
    for (const page of [one, two]) await expect.poll(() => pending(page).count()).toBe(2);
    line.mend();
    for (const page of [one, two, ben]) await hasAll(page, 4);
    const texts = await messages(ben).allTextContents();
    expect(texts.filter((text) => text.startsWith("one"))).toEqual(["one a", "one b"]);
    expect(texts.filter((text) => text.startsWith("two"))).toEqual(["two a", "two b"]);
    expect(await messages(one).allTextContents()).toEqual(texts);
    expect(await messages(two).allTextContents()).toEqual(texts);
    // On the wire, too: nobody has sent what is the other's.
    expect([...counts.values()]).toEqual([1, 1, 1, 1]);
  });

  test("one sends what the other has left when it was closed", async () => {
    const context = await chat.person();
    const one = await chat.open(line.url, context);
    await enter(one, "Ada");
    const two = await chat.open(line.url, context);
    await isHere(two, "Ada");
    const ben = await chat.join(showcase.url, "Ben");
    line.cut();
    for (const page of [one, two]) await status(page, /Reconnecting in/).waitFor();
    await writeAll(one);
    await one.close();
    await expect.poll(() => pending(two).count(), { timeout: 15_000 }).toBe(written.length);
    line.mend();
    await haveAll(two, ben);
    await hasOnce(ben, "one");
  });

  test("have everything once without Web Locks, too, though it may be sent twice", async () => {
    const context = await chat.person();
    // As in a page that comes without TLS from another machine.
    await context.addInitScript(
      'Object.defineProperty(Navigator.prototype, "locks", { value: undefined })',
    );
    const counts = new Map<string, number>();
    const one = await chat.open("about:blank", context);
    const two = await chat.open("about:blank", context);
    for (const page of [one, two]) countPublishes(page, counts);
    await one.goto(line.url);
    await enter(one, "Ada");
    const ben = await chat.join(showcase.url, "Ben");
    line.cutButForPages();
    await status(one, /Reconnecting in/).waitFor();
    await writeAll(one);
    // It cannot know whether the first one lives, and takes what is there.
    await two.goto(line.url);
    await expect.poll(() => pending(two).count()).toBe(written.length);
    line.mend();
    await haveAll(one, two, ben);
    expect(Math.min(...counts.values())).toBeGreaterThan(1);
  });
});
