import type { Browser, BrowserContextOptions, Page } from "playwright-core";
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

/** Opens the page and waits until its connection is. */
async function openWire(options: BrowserContextOptions = {}): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  context.setDefaultTimeout(15_000);
  const page = await context.newPage();
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => {
    if (message.text().includes("Content Security Policy")) complaints.push(message.text());
  });
  await page.goto(`${showcase.url}/wire.html`);
  await isOpen(page);
  return page;
}

async function isOpen(page: Page): Promise<void> {
  await page.locator("#status[data-state=open]").waitFor();
}

/** One frame of the table: direction, opcode, FIN, mask, length, payload. */
async function frames(page: Page): Promise<string[][]> {
  const rows = await page.locator(".frame-row").all();
  return Promise.all(
    rows.map(async (row) =>
      (await row.locator("td").allInnerTexts()).slice(1).map((t) => t.trim()),
    ),
  );
}

/** Waits until the table holds this many frames, and gives them, newest first. */
async function whenFrames(page: Page, count: number): Promise<string[][]> {
  await page.locator(`.frame-row:nth-child(${count})`).waitFor({ state: "attached" });
  return frames(page);
}

test("shows the page's own handshake, and computes what the server answered", async () => {
  const page = await openWire();
  const request = await page.locator("#request li").allInnerTexts();
  expect(request[0]).toMatch(/^GET \/wire\/socket\?tap=[\w-]+ HTTP\/1\.1/);
  expect(request.join("\n")).toMatch(/Sec-WebSocket-Key: \S{24}/);
  const response = await page.locator("#response li").allInnerTexts();
  expect(response[0]).toContain("HTTP/1.1 101 Switching Protocols");
  await page.locator("#accept-verdict[data-verdict=right]").waitFor();
  const accept = await page.locator("#accept-value").innerText();
  expect(response.join("\n")).toContain(`Sec-WebSocket-Accept: ${accept}`);
});

test("shows frames both ways: text, binary, fragments, ping, lengths", async () => {
  const page = await openWire();
  await page.getByLabel("Text to send").fill("abcdef");
  await page.getByRole("button", { name: "Send text" }).click();
  expect(await whenFrames(page, 2)).toEqual([
    ["↓", "text", "1", "no", "6", "abcdef"],
    ["↑", "text", "1", "yes", "6", "abcdef"],
  ]);
  await page.getByRole("button", { name: "Binary" }).click();
  expect((await whenFrames(page, 4))[0]).toEqual([
    ...["↓", "binary", "1", "no", "8", "ca fe ba be 00 01 02 03"],
  ]);
  await page.getByRole("button", { name: "In 3 fragments" }).click();
  expect((await whenFrames(page, 8)).slice(0, 3)).toEqual([
    ["↓", "continuation", "1", "no", "2", "ef"],
    ["↓", "continuation", "0", "no", "2", "cd"],
    ["↓", "text", "0", "no", "2", "ab"],
  ]);
  await page.getByRole("button", { name: "Ping me" }).click();
  expect((await whenFrames(page, 11)).slice(0, 2)).toEqual([
    ["↑", "pong", "1", "yes", "14", "are you there?"],
    ["↓", "ping", "1", "no", "14", "are you there?"],
  ]);
  await page.getByRole("button", { name: "70 KB" }).click();
  const [large] = await whenFrames(page, 13);
  expect(large?.slice(0, 5)).toEqual(["↓", "text", "1", "no", "70000"]);
});

test("takes a chosen frame apart, byte by byte", async () => {
  const page = await openWire();
  await page.getByLabel("Text to send").fill("Hi");
  await page.getByRole("button", { name: "Send text" }).click();
  await whenFrames(page, 2);
  await page.locator(".frame-row[data-from=client] .frame-choose").focus();
  await page.keyboard.press("Enter");
  const detail = page.locator("#detail");
  await detail.getByText("text frame, 8 bytes").waitFor();
  const bytes = await detail.locator(".frame-part-bytes").allInnerTexts();
  expect(bytes[0]).toBe("81");
  expect(bytes[1]).toBe("82");
  const [key = [], masked = []] = [bytes[2], bytes[3]].map((hex) =>
    hex?.split(" ").map((byte) => Number.parseInt(byte, 16)),
  );
  expect(masked.map((byte, at) => byte ^ (key[at % 4] ?? 0))).toEqual([0x48, 0x69]);
  expect(bytes[4]).toBe("48 69");
});

test("compresses where that is asked for", async () => {
  const page = await openWire();
  await page.getByLabel("compress (permessage-deflate)").check();
  await page.getByText("Open, permessage-deflate").waitFor();
  await page.getByRole("button", { name: "1 KB" }).click();
  const [echo] = await whenFrames(page, 2);
  expect(Number(echo?.[4])).toBeLessThan(100);
  expect(echo?.[5]).toMatch(/^compressed, \d+ bytes$/);
});

test("closes with the code that is chosen, and connects again", async () => {
  const page = await openWire();
  await page.getByLabel("Close with").selectOption("4000");
  await page.getByRole("button", { name: "Close", exact: true }).click();
  await page.getByText("Closed: 4000 bye").waitFor();
  expect(await whenFrames(page, 2)).toEqual([
    ["↓", "close", "1", "no", "5", "4000 bye"],
    ["↑", "close", "1", "yes", "5", "4000 bye"],
  ]);
  expect(await page.getByRole("button", { name: "Send text" }).isDisabled()).toBe(true);
  await page.getByRole("button", { name: "Connect again" }).click();
  await isOpen(page);
});

test("gets the same updates three ways, and measures them", async () => {
  const page = await openWire();
  await page.getByLabel("an update every").selectOption("100");
  await page.getByLabel("poll every").selectOption("500");
  await page.getByRole("button", { name: "Start" }).click();
  const cell = (id: string) => page.locator(`[data-measure=${id}]`);
  for (const transport of ["polling", "longPolling", "webSocket"]) {
    // Read from outside: the page's content security policy evaluates no text that waits in it.
    const updates = async (): Promise<number> =>
      Number(await cell(`updates-${transport}`).innerText());
    await expect.poll(updates, { timeout: 15_000 }).toBeGreaterThanOrEqual(15);
    expect(await cell(`p50-${transport}`).innerText()).toMatch(/ (ms|s)$/);
    expect(await cell(`p95-${transport}`).innerText()).toMatch(/ (ms|s)$/);
  }
  const bytes = async (transport: string): Promise<number> =>
    Number.parseInt(await cell(`bytes-${transport}`).innerText(), 10);
  // A frame against two heads of headers.
  expect(await bytes("webSocket")).toBeLessThan((await bytes("longPolling")) / 3);
  // Half of the wait between two polls, against the way through the loopback.
  const ms = async (transport: string): Promise<number> =>
    Number.parseFloat(await cell(`p95-${transport}`).innerText());
  expect(await ms("webSocket")).toBeLessThan(await ms("polling"));
  await page.getByRole("button", { name: "Stop" }).click();
});

test("comes back when the server was away", async () => {
  const page = await openWire();
  const { port } = showcase;
  await showcase.kill();
  await page.getByText("The server is away").waitFor();
  showcase = await startShowcase(port);
  await isOpen(page);
  await page.getByRole("button", { name: "Send text" }).click();
  await whenFrames(page, 2);
});

test("fits a phone", async () => {
  const page = await openWire({ viewport: { width: 375, height: 812 }, isMobile: true });
  await page.getByRole("button", { name: "Send text" }).click();
  await whenFrames(page, 2);
  const overflow = await page.evaluate(
    "document.documentElement.scrollWidth - document.documentElement.clientWidth",
  );
  expect(overflow).toBe(0);
});
