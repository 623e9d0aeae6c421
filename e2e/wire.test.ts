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
  await showcase.discard();
  expect(complaints.splice(0)).toEqual([]);
});

afterAll(async () => {
  await browser?.close();
});

/** Opens the page, waits for its connection and what it shows at once, and clears the list. */
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
  // The page's greeting, and its echo.
  expect((await whenFrames(page, 2)).map((frame) => frame.at(-1))).toEqual([
    ...["Hello, wire!", "Hello, wire!"],
  ]);
  await page.getByText("18 bytes: 6 of header, 12 of payload").waitFor();
  await send(page, "Clear");
  return page;
}

async function isOpen(page: Page): Promise<void> {
  await page.locator("#status[data-state=open]").waitFor();
}

/** One frame of the table: direction, opcode, FIN, RSV1, MASK, length, payload. */
async function frames(page: Page): Promise<string[][]> {
  const rows = await page.locator(".frame-row").all();
  return Promise.all(rows.map(async (row) => (await row.locator("td").allTextContents()).slice(1)));
}

/** Waits until the table holds this many frames, and gives them, newest first. */
async function whenFrames(page: Page, count: number): Promise<string[][]> {
  await page.locator(`.frame-row >> nth=${count - 1}`).waitFor({ state: "attached" });
  return frames(page);
}

function send(page: Page, name: string): Promise<void> {
  return page.getByRole("button", { name }).click();
}

/** The measured cell of a row and a transport. */
function cell(page: Page, id: string): Promise<string> {
  return page.locator(`[data-measure=${id}]`).innerText();
}

const transports = ["polling", "longPolling", "webSocket"];

/** Waits until every transport has brought this many updates. */
async function whenUpdates(page: Page, count: number): Promise<void> {
  for (const transport of transports) {
    const shown = async (): Promise<number> => Number(await cell(page, `updates-${transport}`));
    await expect.poll(shown, { timeout: 15_000 }).toBeGreaterThanOrEqual(count);
  }
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
  await send(page, "Send text");
  expect(await whenFrames(page, 2)).toEqual([
    ["↓", "text", "1", "0", "0", "6", "abcdef"],
    ["↑", "text", "1", "0", "1", "6", "abcdef"],
  ]);
  await send(page, "Binary");
  expect((await whenFrames(page, 4)).slice(0, 2)).toEqual([
    ["↓", "binary", "1", "0", "0", "8", "ca fe ba be 00 01 02 03"],
    ["↑", "binary", "1", "0", "1", "8", "ca fe ba be 00 01 02 03"],
  ]);
  await send(page, "In 3 fragments");
  expect((await whenFrames(page, 8)).slice(0, 4)).toEqual([
    ["↓", "continuation", "1", "0", "0", "2", "ef"],
    ["↓", "continuation", "0", "0", "0", "2", "cd"],
    ["↓", "text", "0", "0", "0", "2", "ab"],
    ["↑", "text", "1", "0", "1", "17", "/fragments abcdef"],
  ]);
  await send(page, "Ask for a ping");
  expect((await whenFrames(page, 11)).slice(0, 3)).toEqual([
    ["↑", "pong", "1", "0", "1", "14", "are you there?"],
    ["↓", "ping", "1", "0", "0", "14", "are you there?"],
    ["↑", "text", "1", "0", "1", "5", "/ping"],
  ]);
});

/** The names and bytes of the parts of the frame that is taken apart. */
async function parts(page: Page): Promise<(readonly [string, string | null])[]> {
  const items = await page.locator("#detail .frame-part").all();
  return Promise.all(
    items.map(async (item) => {
      const bytes = item.locator(".frame-part-bytes");
      const name = await item.locator(".frame-part-name").innerText();
      return [name, (await bytes.count()) === 0 ? null : await bytes.innerText()] as const;
    }),
  );
}

test("takes a frame apart, byte by byte", async () => {
  const page = await openWire();
  await page.getByLabel("Text to send").fill("Hi");
  await send(page, "Send text");
  const detail = page.locator("#detail");
  await detail.getByText("8 bytes: 6 of header, 2 of payload").waitFor();
  expect(await detail.locator(".bit-values").allInnerTexts()).toEqual([
    ...["1", "0", "00", "0001", "1", "0000010"],
  ]);
  const shown = await parts(page);
  expect(shown.map(([name]) => name)).toEqual([
    ...["First byte", "Mask and length", "Masking key", "Payload, masked"],
  ]);
  expect(shown.slice(0, 2).map(([, bytes]) => bytes)).toEqual(["81", "82"]);
  const key = (shown[2]?.[1] ?? "").split(" ").map((byte) => Number.parseInt(byte, 16));
  const masked = await detail.locator(".hex-byte[data-kind=masked]").allInnerTexts();
  expect(masked.map((byte, at) => Number.parseInt(byte, 16) ^ (key[at] ?? 0))).toEqual([
    ...[0x48, 0x69],
  ]);
  await detail.getByText("“Hi”").waitFor();
});

test("shows lengths of 16 and of 64 bits", async () => {
  const page = await openWire();
  await send(page, "1 KB");
  await page.getByText("1,032 bytes: 8 of header, 1,024 of payload").waitFor();
  expect((await parts(page))[2]).toEqual(["Extended length", "04 00"]);
  await send(page, "70 KB");
  await page.getByText("70,014 bytes: 14 of header, 70,000 of payload").waitFor();
  expect((await parts(page))[2]).toEqual(["Extended length", "00 00 00 00 00 01 11 70"]);
  expect((await whenFrames(page, 4)).map((frame) => frame[5])).toEqual([
    ...["70,000", "70,000", "1,024", "1,024"],
  ]);
});

test("goes from frame to frame by arrow keys", async () => {
  const page = await openWire();
  await send(page, "Binary");
  await whenFrames(page, 2);
  const chosen = page.locator(".frame-choose[aria-current]");
  await page.locator(".frame-choose[tabindex='0']").focus();
  expect(await chosen.getAttribute("aria-label")).toContain("browser to server");
  await page.keyboard.press("ArrowUp");
  expect(await chosen.getAttribute("aria-label")).toContain("server to browser");
  await page.getByText("10 bytes: 2 of header, 8 of payload").waitFor();
  expect(await page.locator(".frame-choose[tabindex='0']").count()).toBe(1);
});

test("compresses where that is asked for, and inflates what came", async () => {
  const page = await openWire();
  await page.getByLabel("Compress").check();
  await page.locator("#status").getByText("Open, compressed").waitFor();
  await page.locator("#response").getByText("permessage-deflate").waitFor();
  // The first connection's close frames are shown, too.
  await whenFrames(page, 2);
  await send(page, "Clear");
  await send(page, "1 KB");
  const [echo, sent] = await whenFrames(page, 2);
  expect(echo?.slice(0, 5)).toEqual(["↓", "text", "1", "1", "0"]);
  expect(sent?.slice(0, 5)).toEqual(["↑", "text", "1", "1", "1"]);
  expect(Number(echo?.[5])).toBeLessThan(100);
  await page.getByText(/^Inflated .* → 1,024 bytes$/).waitFor();
  await page.getByText("“openline openline").waitFor();
});

test("closes with the code that is chosen, and connects again", async () => {
  const page = await openWire();
  await page.getByLabel("Close with").selectOption("4000");
  await page.getByLabel("Reason").fill("see you");
  await page.getByRole("button", { name: "Close", exact: true }).click();
  await page.locator("#status").getByText("Closed: 4000 see you").waitFor();
  expect(await whenFrames(page, 2)).toEqual([
    ["↓", "close", "1", "0", "0", "9", "4000 see you"],
    ["↑", "close", "1", "0", "1", "9", "4000 see you"],
  ]);
  await page.locator("#detail").getByText("code 4000 (the application's own)").waitFor();
  await page.getByText("connection 1: TCP ends").waitFor();
  expect(await page.getByRole("button", { name: "Send text" }).isDisabled()).toBe(true);
  await send(page, "Connect again");
  await isOpen(page);
  await page.getByText("connection 2: HTTP/1.1 101 Switching Protocols").waitFor();
});

test("gets the same updates three ways, and measures them", async () => {
  const page = await openWire();
  await page.getByLabel("An update every").selectOption("100");
  await page.getByLabel("Poll every").selectOption("500");
  await send(page, "Start");
  await whenUpdates(page, 15);
  for (const transport of transports) {
    expect(await cell(page, `p50-${transport}`)).toMatch(/ (ms|s)$/);
    expect(await cell(page, `p95-${transport}`)).toMatch(/ (ms|s)$/);
    expect(await page.locator(`#tile-${transport}`).innerText()).toMatch(/ (ms|s)$/);
  }
  const bytes = async (transport: string): Promise<number> =>
    Number.parseInt(await cell(page, `bytes-${transport}`), 10);
  // A frame against two heads of headers.
  expect(await bytes("webSocket")).toBeLessThan((await bytes("longPolling")) / 3);
  // Half of the wait between two polls, against the way through the loopback.
  const ms = async (transport: string): Promise<number> =>
    Number.parseFloat(await cell(page, `p95-${transport}`));
  expect(await ms("webSocket")).toBeLessThan(await ms("polling"));
  // All begin with the same update: they are never further apart than a poll's interval.
  const counts = await Promise.all(
    transports.map(async (transport) => Number(await cell(page, `updates-${transport}`))),
  );
  expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(15);
  expect(await page.locator("#chart").getAttribute("aria-label")).toMatch(/WebSocket .*ms/);
  await send(page, "Stop");
  await page.getByRole("button", { name: "Start" }).waitFor();
});

test("measures nothing while nobody looks", async () => {
  const page = await openWire();
  await send(page, "Start");
  await whenUpdates(page, 1);
  await hide(page, true);
  await page.getByText("Paused while nobody looks").waitFor();
  await hide(page, false);
  await page.getByText("Paused while nobody looks").waitFor({ state: "detached" });
  await whenUpdates(page, 1);
});

/** Tells the page that it is in the background, or back. */
async function hide(page: Page, isHidden: boolean): Promise<void> {
  await page.evaluate(`
    Object.defineProperty(document, "hidden", { configurable: true, value: ${isHidden} });
    document.dispatchEvent(new Event("visibilitychange"));
  `);
}

test("comes back when the server was away, and goes on measuring", async () => {
  const page = await openWire();
  await send(page, "Start");
  await whenUpdates(page, 1);
  await showcase.kill();
  await page.locator("#status").getByText("The server is away").waitFor();
  showcase = await showcase.again();
  await isOpen(page);
  await send(page, "Clear");
  await send(page, "Send text");
  await whenFrames(page, 2);
  await whenUpdates(page, 1);
});

test("fits a phone", async () => {
  const page = await openWire({ viewport: { width: 375, height: 812 }, isMobile: true });
  await page.getByRole("button", { name: "Send text" }).click();
  await whenFrames(page, 2);
  await send(page, "70 KB");
  await whenFrames(page, 4);
  const overflow = await page.evaluate(
    "document.documentElement.scrollWidth - document.documentElement.clientWidth",
  );
  expect(overflow).toBe(0);
});
