import type {
  Browser,
  BrowserContext,
  BrowserContextOptions,
  Locator,
  Page,
} from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, vi } from "vitest";
import { openBrowser } from "./browser.ts";

/** What the tests of the chat do with a browser: people by their windows. */
export interface ChatBrowser {
  /** Somebody of their own: another context knows nothing of the others. */
  person(options?: BrowserContextOptions): Promise<BrowserContext>;
  /** Opens the chat in a window of its own, without a name yet. */
  open(url: string, context?: BrowserContext): Promise<Page>;
  /** Opens the chat for a new person, and enters under a name. */
  join(url: string, name: string, options?: BrowserContextOptions): Promise<Page>;
}

export const phone: BrowserContextOptions = {
  viewport: { width: 390, height: 844 },
  hasTouch: true,
  isMobile: true,
};

/** Registers a browser for a file of tests; no page may complain about anything. */
export function chatBrowser(without: readonly string[] = []): ChatBrowser {
  let browser: Browser;
  const complaints: string[] = [];

  // Storms of messages and servers that start take long where many things run.
  vi.setConfig({ testTimeout: 90_000 });
  beforeAll(async () => {
    browser = await openBrowser(without);
  });

  afterEach(async () => {
    await Promise.all(browser.contexts().map((context) => context.close()));
    expect(complaints.splice(0)).toEqual([]);
  });

  afterAll(async () => {
    await browser?.close();
  });

  const person = async (options: BrowserContextOptions = {}): Promise<BrowserContext> => {
    const context = await browser.newContext({
      viewport: { width: 1280, height: 800 },
      ...options,
    });
    // Shorter than the test's own, so that what fails says what it waited for.
    context.setDefaultTimeout(20_000);
    return context;
  };

  const open = async (url: string, context?: BrowserContext): Promise<Page> => {
    const page = await (context ?? (await person())).newPage();
    page.on("pageerror", (error) => complaints.push(error.message));
    await page.goto(url);
    return page;
  };

  return {
    person,
    open,
    async join(url, name, options) {
      const page = await open(url, await person(options));
      await enter(page, name);
      return page;
    },
  };
}

/** Says a name, and waits until the page is in the room. */
export async function enter(page: Page, name: string): Promise<void> {
  await page.getByRole("textbox", { name: "Your name" }).fill(name);
  await page.keyboard.press("Enter");
  await isHere(page, name);
}

export async function say(page: Page, text: string): Promise<void> {
  await field(page).fill(text);
  await field(page).press("Enter");
}

export function field(page: Page): Locator {
  return page.getByRole("textbox", { name: "Message to" });
}

export function status(page: Page, text: string | RegExp): Locator {
  return page.locator("#status-text").getByText(text);
}

export function people(page: Page): Locator {
  return page.locator("#people-list");
}

/** The list of the room that is shown. */
export function list(page: Page): Locator {
  return page.locator(".conversation:visible");
}

/** The messages of the room that is shown, settled ones and pending ones, by their whole text. */
export function messages(page: Page, text?: string): Locator {
  const all = list(page).locator(".message-text");
  return text === undefined ? all : all.filter({ hasText: new RegExp(`^${text}$`) });
}

/** Those that wait in the outbox. */
export function pending(page: Page): Locator {
  return list(page).locator(".message-state");
}

export async function isHere(page: Page, name: string): Promise<void> {
  await people(page).getByText(name, { exact: true }).waitFor({ state: "attached" });
}

/** Waits until `page` shows exactly one settled message with this text. */
export async function hasOnce(page: Page, text: string): Promise<void> {
  await messages(page, text).first().waitFor();
  await settles(page);
  expect(await messages(page, text).count()).toBe(1);
}

/** Waits until nothing waits in the outbox of the room that is shown. */
export async function settles(page: Page): Promise<void> {
  await expect.poll(() => pending(page).count(), { timeout: 20_000 }).toBe(0);
}

/** Waits until all of a hundred messages are said to be on the log. */
export async function stormSettles(page: Page): Promise<void> {
  const result = page.locator("#storm-result");
  await result.getByText("100 of 100 are on the log, once and in order").waitFor();
}

/** Waits until so many messages are in the store that the windows of a person share. */
export async function areStored(page: Page, count: number): Promise<void> {
  const counting = `new Promise((resolve, reject) => {
    const opening = indexedDB.open("openline");
    opening.onerror = () => reject(opening.error);
    opening.onsuccess = () => {
      const counted = opening.result.transaction("outbox").objectStore("outbox").count();
      counted.onsuccess = () => {
        opening.result.close();
        resolve(counted.result);
      };
    };
  })`;
  await expect.poll(() => page.evaluate(counting)).toBe(count);
}

/** A line of the ledger. */
export async function ledger(page: Page, name: string): Promise<string | null> {
  return page.locator(`[data-ledger="${name}"]`).textContent();
}

/** Waits until the ledger has so many messages; then nothing may be missing, twice or out of order. */
export async function hasAll(page: Page, count: number): Promise<void> {
  await expect.poll(() => ledger(page, "received"), { timeout: 25_000 }).toBe(String(count));
  expect(await ledger(page, "offsets")).toBe(`1–${count}`);
  expect(await ledger(page, "contiguous")).toBe("yes");
  expect(await ledger(page, "lost")).toBe("0");
  expect(await ledger(page, "repeated")).toBe("0");
  expect(await ledger(page, "order")).toBe("kept");
}

/** How far the list is from its end, in CSS pixels. */
export function fromEnd(page: Page): Promise<number> {
  return list(page).evaluate((node) => node.scrollHeight - node.scrollTop - node.clientHeight);
}

/** Counts what a page publishes on the wire, by the ids of the messages. */
export function countPublishes(
  page: Page,
  counts: Map<string, number> = new Map(),
): Map<string, number> {
  page.on("websocket", (socket) => {
    socket.on("framesent", ({ payload }) => {
      const text = payload.toString();
      if (!text.includes('"openline:publish"')) return;
      const id = /"id":"(\w+)"/.exec(text)?.[1];
      if (id !== undefined) counts.set(id, (counts.get(id) ?? 0) + 1);
    });
  });
  return counts;
}
