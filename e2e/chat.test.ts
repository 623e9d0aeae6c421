import type { Locator, Page } from "playwright-core";
import { afterEach, beforeEach, expect, test } from "vitest";
import {
  chatBrowser,
  enter,
  field,
  hasOnce,
  isHere,
  list,
  messages,
  pending,
  people,
  phone,
  say,
  status,
} from "./chat.fixture.ts";
import { type RunningShowcase, startShowcase } from "./showcase.ts";

const chat = chatBrowser();
let showcase: RunningShowcase;

// Each test has a chat that nobody has been in.
beforeEach(async () => {
  showcase = await startShowcase();
});

afterEach(async () => {
  await showcase.discard();
});

function join(name: string, options?: Parameters<typeof chat.join>[2]): Promise<Page> {
  return chat.join(showcase.url, name, options);
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
  await people(ada).getByText("away").waitFor();
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

test("two windows of one browser are one person", async () => {
  const context = await chat.person();
  const one = await chat.open(showcase.url, context);
  await enter(one, "Ada");
  const ben = await join("Ben");
  const two = await chat.open(showcase.url, context);
  await isHere(two, "Ben");
  await people(ben).getByText("2 windows").waitFor();
  await expect.poll(() => people(ben).locator(".person").count()).toBe(2);
  await say(two, "from the second window");
  await hasOnce(one, "from the second window");
  expect(await one.locator(".message-own").count()).toBe(1);
  await two.close();
  await expect.poll(() => people(ben).getByText("2 windows").count()).toBe(0);
  expect(await list(ben).getByText("Ada left").count()).toBe(0);
});

test("a name that somebody here has is numbered, and a new one is told to all", async () => {
  const ada = await join("Ada");
  const other = await chat.open(showcase.url);
  await other.getByRole("textbox", { name: "Your name" }).fill("ada");
  await other.keyboard.press("Enter");
  await isHere(ada, "ada 2");
  await other.getByRole("button", { name: "Change name" }).click();
  await other.getByRole("textbox", { name: "Your name" }).fill("Ben");
  await other.keyboard.press("Enter");
  await list(ada).getByText("ada 2 is now Ben").waitFor();
  await isHere(other, "Ben");
});

test("the name is remembered over a reload, and so is the person", async () => {
  const [ada, ben] = [await join("Ada"), await join("Ben")];
  await isHere(ben, "Ada");
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
  await pending(ada).getByText("Waiting").first().waitFor();
  await say(ben, "said meanwhile");
  await status(ada, "Connected").waitFor();
  for (const page of [ada, ben]) {
    await hasOnce(page, "written just before the cut");
    await hasOnce(page, "written while the line was cut");
    await hasOnce(page, "said meanwhile");
  }
  expect(await ben.getByText("Ada left").count()).toBe(0);
});

test("a server that is stopped says goodbye and ends at once", async () => {
  const ada = await join("Ada");
  expect(await showcase.stop()).toBe(0);
  await status(ada, /Reconnecting in|Connecting/).waitFor();
  showcase = await showcase.again();
  await status(ada, "Connected").waitFor();
});

test("the keyboard is enough", async () => {
  const page = await chat.open(showcase.url);
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
  await expect.poll(() => isFocused(page.getByRole("button", { name: "Try now" }))).toBe(true);
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
  await dan.getByText("Ledger of this window").waitFor();
  expect(await widest(dan)).toBeLessThanOrEqual(390);
  await dan.keyboard.press("Escape");
  await dan.getByRole("button", { name: "Cut the line" }).click();
  await status(dan, /Reconnecting/).waitFor();
  // With the widest state of the badge.
  expect(await widest(dan)).toBeLessThanOrEqual(390);
  await status(dan, "Connected").waitFor();
});

/** How far to the right anything that is seen reaches, in CSS pixels. */
async function widest(page: Page): Promise<number> {
  const seen = await page.locator(".site-header :visible, .chat :visible").all();
  const boxes = await Promise.all(seen.map((each) => each.boundingBox()));
  return Math.max(...boxes.map((box) => (box === null ? 0 : box.x + box.width)));
}

test("markup in names and messages is text", async () => {
  const attack = `<img src=x onerror="document.title='broken'"><script>document.title='broken'</script>`;
  const [ada, eve] = [await join("Ada"), await join("<b>Eve</b>")];
  await say(eve, attack);
  await list(ada).getByText(attack, { exact: true }).waitFor();
  await isHere(ada, "<b>Eve</b>");
  expect(await ada.locator(".conversation img, .conversation script, #side b").count()).toBe(0);
  expect(await ada.title()).toBe("Chat · Openline");
});
