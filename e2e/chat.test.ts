import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { WebSocket } from "@openline/websocket";
import type { Browser, BrowserContextOptions, Locator, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { openBrowser } from "./browser.ts";
import { type RunningShowcase, startShowcase } from "./showcase.ts";

let browser: Browser;
let showcase: RunningShowcase;
/** What pages complained about: nothing may. */
const complaints: string[] = [];

beforeAll(async () => {
  browser = await openBrowser();
});

// Each test has a chat that nobody has been in.
beforeEach(async () => {
  showcase = await startShowcase();
});

afterEach(async () => {
  await Promise.all(browser.contexts().map((context) => context.close()));
  await showcase.stop();
  expect(complaints.splice(0)).toEqual([]);
});

afterAll(async () => {
  await browser?.close();
});

const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

/** Opens the chat in a window of its own, without a name yet. */
async function openChat(options: BrowserContextOptions = {}): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  // Shorter than the test's own, so that what fails says what it waited for.
  context.setDefaultTimeout(15_000);
  const page = await context.newPage();
  page.on("pageerror", (error) => complaints.push(error.message));
  await page.goto(showcase.url);
  return page;
}

async function join(name: string, options?: BrowserContextOptions): Promise<Page> {
  const page = await openChat(options);
  await page.getByRole("textbox", { name: "Your name" }).fill(name);
  await page.keyboard.press("Enter");
  await isHere(page, name);
  return page;
}

async function say(page: Page, text: string): Promise<void> {
  await field(page).fill(text);
  await field(page).press("Enter");
}

function field(page: Page): Locator {
  return page.getByRole("textbox", { name: "Message to" });
}

function status(page: Page, text: string | RegExp): Locator {
  return page.locator("#status").getByText(text);
}

function people(page: Page): Locator {
  return page.locator("#people-list");
}

/** The list of the room that is shown. */
function list(page: Page): Locator {
  return page.locator(".conversation:visible");
}

/** The messages of the room that is shown, settled ones and pending ones, by their whole text. */
function messages(page: Page, text?: string): Locator {
  const all = list(page).locator(".message-text");
  return text === undefined ? all : all.filter({ hasText: new RegExp(`^${text}$`) });
}

function pending(page: Page): Locator {
  return list(page).locator(".message-state");
}

async function isHere(page: Page, name: string): Promise<void> {
  await people(page).getByText(name, { exact: true }).waitFor({ state: "attached" });
}

/** Waits until `page` shows exactly one settled message with this text. */
async function hasOnce(page: Page, text: string): Promise<void> {
  await messages(page, text).first().waitFor();
  await expect.poll(() => pending(page).count()).toBe(0);
  expect(await messages(page, text).count()).toBe(1);
}

/** Says things in the room as people without a browser do, each within the limit of one session. */
async function fill(count: number, from: number): Promise<void> {
  const perPerson = 10;
  const speakers = Array.from({ length: count / perPerson }, async (_, speaker) => {
    const socket = new WebSocket(`${showcase.url.replace("http", "ws")}/chat`);
    await once(socket, "open");
    socket.send(JSON.stringify({ type: "hello", session: randomUUID(), name: "Filler" }));
    let accepted = 0;
    const done = new Promise<void>((resolve) => {
      socket.on("message", (data) => {
        if (JSON.parse(data.toString()).type === "accepted") accepted += 1;
        if (accepted === perPerson) resolve();
      });
    });
    for (let at = 0; at < perPerson; at += 1) {
      const text = `line ${from + speaker * perPerson + at}`;
      socket.send(JSON.stringify({ type: "send", room: "help", id: randomUUID(), text }));
    }
    await done;
    socket.close();
    await once(socket, "close");
  });
  await Promise.all(speakers);
}

/** How far the list is from its end, in CSS pixels. */
function fromEnd(page: Page): Promise<number> {
  return list(page).evaluate((node) => node.scrollHeight - node.scrollTop - node.clientHeight);
}

test("two people see each other, write both ways, and see who types and who leaves", async () => {
  const [ada, ben] = [await join("Ada"), await join("Ben")];
  await isHere(ada, "Ben");
  await isHere(ben, "Ada");
  await list(ada).getByText("Ben joined").waitFor();

  await field(ada).pressSequentially("Hello");
  await ben.getByText("Ada is typing…").waitFor();
  await field(ada).press("Enter");
  await hasOnce(ben, "Hello");
  await expect.poll(() => ben.locator("#typing").textContent()).toBe("");

  await say(ben, "Hello Ada");
  await hasOnce(ada, "Hello Ada");
  expect(await ada.locator(".message-own").count()).toBe(1);

  await ben.close();
  // Gone for a few seconds first, in case it was only the line.
  await people(ada).getByText("reconnecting…").waitFor();
  await list(ada).getByText("Ben left").waitFor();
  expect(await people(ada).getByText("Ben").count()).toBe(0);
});

test("typing that nobody takes back expires, and several people are named", async () => {
  const [ada, ben, cleo] = [await join("Ada"), await join("Ben"), await join("Cleo")];
  await isHere(ada, "Cleo");
  await field(ben).pressSequentially("a");
  await field(cleo).pressSequentially("b");
  await ada.getByText(/(Ben and Cleo|Cleo and Ben) are typing…/).waitFor();
  await expect.poll(() => ada.locator("#typing").textContent(), { timeout: 15_000 }).toBe("");
});

test("the name is remembered over a reload, and so is the person", async () => {
  const [ada, ben] = [await join("Ada"), await join("Ben")];
  await say(ada, "before the reload");
  await hasOnce(ben, "before the reload");
  await ada.reload();
  await isHere(ada, "Ada");
  await hasOnce(ada, "before the reload");
  expect(await ada.locator(".message-own", { hasText: "before the reload" }).count()).toBe(1);
  expect(await ben.getByText("Ada left").count()).toBe(0);
});

test("rooms are apart, and one that is not shown counts what is new in it", async () => {
  const [ada, ben] = [await join("Ada"), await join("Ben")];
  await ada.getByRole("button", { name: "random" }).click();
  await list(ben).getByText("Ada left").waitFor();
  await say(ada, "only in random");
  await hasOnce(ada, "only in random");
  await ben.getByRole("button", { name: "random 1 new messages" }).click();
  await hasOnce(ben, "only in random");
  await ben.getByRole("button", { name: "general" }).click();
  expect(await messages(ben, "only in random").count()).toBe(0);
});

test("a cut line comes back by itself, with what was said and written meanwhile", async () => {
  const [ada, ben] = [await join("Ada"), await join("Ben")];
  await field(ada).fill("written just before the cut");
  // In one turn: the server takes the message, and cuts the line before its answer is out.
  await ada.locator("body").evaluate((body) => {
    for (const id of ["send", "cut"]) body.ownerDocument.getElementById(id)?.click();
  });
  await status(ada, /Reconnecting in \d+ s/).waitFor();
  await say(ada, "written while the line was cut");
  await pending(ada).getByText("Waiting for the connection").first().waitFor();
  await say(ben, "said meanwhile");
  await status(ada, "Connected").waitFor();
  for (const page of [ada, ben]) {
    await hasOnce(page, "written just before the cut");
    await hasOnce(page, "written while the line was cut");
    await hasOnce(page, "said meanwhile");
  }
  expect(await ben.getByText("Ada left").count()).toBe(0);
});

test("a server that is killed and started again finds everybody back, each message once", async () => {
  const [ada, ben] = [await join("Ada"), await join("Ben")];
  const { port } = showcase;
  await say(ada, "before the crash");
  await hasOnce(ben, "before the crash");

  // Sent, and never read: nobody can know until the line breaks.
  showcase.freeze();
  await say(ada, "sent into the void");
  await pending(ada).getByText("Sending…").waitFor();
  await showcase.kill();
  for (const page of [ada, ben]) await status(page, /Reconnecting in|Connecting/).waitFor();
  await say(ada, "from Ada, without a server");
  await say(ben, "from Ben, without a server");
  showcase = await startShowcase(port);

  for (const page of [ada, ben]) {
    await status(page, "Connected").waitFor();
    await hasOnce(page, "before the crash");
    await hasOnce(page, "sent into the void");
    await hasOnce(page, "from Ada, without a server");
    await hasOnce(page, "from Ben, without a server");
    await isHere(page, "Ada");
    await isHere(page, "Ben");
  }
});

test("a server that is stopped says goodbye and ends at once", async () => {
  const ada = await join("Ada");
  const { port } = showcase;
  expect(await showcase.stop()).toBe(0);
  await status(ada, /Reconnecting in|Connecting/).waitFor();
  showcase = await startShowcase(port);
  await status(ada, "Connected").waitFor();
});

test("the keyboard is enough", async () => {
  const page = await openChat();
  await expect.poll(() => isFocused(page.getByRole("textbox", { name: "Your name" }))).toBe(true);
  await page.keyboard.type("Kay");
  await page.keyboard.press("Enter");
  await isHere(page, "Kay");

  await page.keyboard.type("first line");
  await page.keyboard.press("Shift+Enter");
  await page.keyboard.type("second line");
  await page.keyboard.press("Enter");
  await hasOnce(page, "first line\\s+second line");

  await tabTo(page, page.getByRole("button", { name: "Cut the line" }), "Shift+Tab");
  await page.keyboard.press("Enter");
  await expect
    .poll(() => isFocused(page.getByRole("button", { name: "Reconnect now" })))
    .toBe(true);
  await page.keyboard.press("Enter");
  await status(page, "Connected").waitFor();
  await expect.poll(() => isFocused(page.getByRole("button", { name: "Cut the line" }))).toBe(true);

  await tabTo(page, page.getByRole("button", { name: "random" }), "Shift+Tab");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "random" }).waitFor();
  await page.keyboard.type("from the keyboard");
  await page.keyboard.press("Enter");
  await hasOnce(page, "from the keyboard");

  await tabTo(page, page.getByRole("button", { name: "Change name" }), "Tab");
  await page.keyboard.press("Enter");
  await page.keyboard.type("Kim");
  await page.keyboard.press("Enter");
  await isHere(page, "Kim");
});

async function tabTo(page: Page, target: Locator, key: "Tab" | "Shift+Tab"): Promise<void> {
  for (let presses = 0; presses < 20; presses += 1) {
    if (await isFocused(target)) return;
    await page.keyboard.press(key);
  }
  throw new Error(`20 times ${key} do not lead to ${String(target)}`);
}

async function isFocused(target: Locator): Promise<boolean> {
  if ((await target.count()) === 0) return false;
  return target.evaluate((node) => node.ownerDocument.activeElement === node);
}

test("a phone shows it all without scrolling sideways", async () => {
  const [ada, dan] = [await join("Ada"), await join("Dan", phone)];
  await say(ada, `a long word: ${"abcdefghij".repeat(40)}`);
  await list(dan).getByText("a long word").waitFor();
  await say(dan, "from the phone");
  await hasOnce(ada, "from the phone");
  await dan.getByRole("button", { name: "here" }).click();
  await people(dan).getByText("Ada").waitFor();
  await dan.keyboard.press("Escape");
  await dan.getByRole("button", { name: "Cut the line" }).click();
  await status(dan, /Reconnecting/).waitFor();
  // Everything that is seen, with the widest state of the badge, is inside of the window.
  const boxes = await Promise.all(
    (await dan.locator(".site-header :visible, .sidebar :visible, .stage :visible").all()).map(
      (each) => each.boundingBox(),
    ),
  );
  const widest = Math.max(...boxes.map((box) => (box === null ? 0 : box.x + box.width)));
  expect(widest).toBeLessThanOrEqual(390);
  await status(dan, "Connected").waitFor();
});

test("markup in names and messages is text", async () => {
  const attack = `<img src=x onerror="document.title='broken'"><script>document.title='broken'</script>`;
  const [ada, eve] = [await join("Ada"), await join("<b>Eve</b>")];
  await say(eve, attack);
  await list(ada).getByText(attack, { exact: true }).waitFor();
  await isHere(ada, "<b>Eve</b>");
  expect(await ada.locator(".conversation img, .conversation script, #people b").count()).toBe(0);
  expect(await ada.title()).toBe("Chat · Openline");
});

test("a long history opens at its end, and a pill tells the reader above of new messages", async () => {
  await fill(200, 0);
  const ada = await join("Ada");
  await ada.getByRole("button", { name: /^#?\s*help/ }).click();
  await expect.poll(() => messages(ada).count()).toBe(200);
  await expect.poll(() => fromEnd(ada)).toBeLessThan(2);

  // More than the server keeps, while the page follows.
  await fill(400, 200);
  await expect.poll(() => messages(ada).count()).toBe(600);
  await expect.poll(() => fromEnd(ada)).toBeLessThan(2);

  await list(ada).focus();
  await ada.keyboard.press("Home");
  await expect.poll(() => list(ada).evaluate((node) => node.scrollTop)).toBe(0);
  await fill(10, 600);
  await ada.getByRole("button", { name: "10 new messages" }).waitFor();
  expect(await list(ada).evaluate((node) => node.scrollTop)).toBe(0);
  await ada.getByRole("button", { name: "10 new messages" }).click();
  await expect.poll(() => fromEnd(ada)).toBeLessThan(2);
  expect(await ada.getByRole("button", { name: "new messages ↓" }).count()).toBe(0);
  // All of them, each once.
  const texts = await messages(ada).allTextContents();
  expect(new Set(texts).size).toBe(610);
  expect(texts).toHaveLength(610);
});

test("what is missed beyond the history is said to be missing", async () => {
  const ada = await join("Ada");
  await ada.getByRole("button", { name: /^#?\s*help/ }).click();
  await isHere(ada, "Ada");
  await say(ada, "before a long absence");
  await hasOnce(ada, "before a long absence");
  await ada.getByRole("button", { name: "random" }).click();
  await fill(210, 1_000);
  await ada.getByRole("button", { name: /help/ }).click();
  await ada.getByText("Some messages in between are no longer kept.").waitFor();
});
