import type { Page } from "playwright-core";
import { afterEach, beforeEach, expect, test } from "vitest";
import {
  chatBrowser,
  field,
  hasAll,
  hasOnce,
  isHere,
  list,
  messages,
  people,
  say,
  settles,
  status,
} from "./chat.fixture.ts";
import { type RunningShowcase, startSupervised } from "./showcase.ts";

// Playwright turns the cache off; a debugger that is attached does not keep pages out of it.
const chat = chatBrowser(["--disable-back-forward-cache"]);
let showcase: RunningShowcase;

beforeEach(async () => {
  showcase = await startSupervised();
});

afterEach(async () => {
  await showcase.discard();
});

/** Notes on the page itself whether it was shown again as it was. */
async function markPage(page: Page): Promise<void> {
  await page.evaluate(`
    window.shownAgain = null;
    window.addEventListener("pageshow", ({ persisted }) => { window.shownAgain = persisted; });
  `);
}

test("a page that is gone back to goes on where it was", async () => {
  const ada = await chat.join(showcase.url, "Ada");
  const ben = await chat.join(showcase.url, "Ben");
  await say(ada, "before she goes");
  await hasOnce(ben, "before she goes");
  await field(ada).fill("half a sentence");
  await markPage(ada);

  await ada.goto(`${showcase.url}/wire.html`);
  await people(ben).getByText("away").waitFor();
  await say(ben, "while she is away");
  await hasOnce(ben, "while she is away");
  await ada.goBack({ waitUntil: "commit" });
  await expect.poll(() => ada.evaluate("window.shownAgain")).toBe(true);

  await status(ada, "Connected").waitFor();
  for (const page of [ada, ben]) await hasAll(page, 2);
  expect(await field(ada).inputValue()).toBe("half a sentence");
  await isHere(ada, "Ben");
  await field(ada).press("Enter");
  await hasOnce(ben, "half a sentence");
  await settles(ada);
  expect(await messages(ada).allTextContents()).toEqual(await messages(ben).allTextContents());
  expect(await list(ben).getByText("Ada left").count()).toBe(0);
});
