import type { Page } from "playwright-core";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  chatBrowser,
  fromEnd,
  hasAll,
  hasOnce,
  isHere,
  ledger,
  list,
  messages,
  pending,
  say,
  settles,
  status,
  stormSettles,
} from "./chat.fixture.ts";
import { type RunningShowcase, startShowcase, startSupervised } from "./showcase.ts";

const chat = chatBrowser();
let showcase: RunningShowcase;

afterEach(async () => {
  await showcase.discard();
});

/** Everything that the page shows of the room, in its order. */
function allTexts(page: Page): Promise<string[]> {
  return messages(page).allTextContents();
}

function storm(page: Page): Promise<void> {
  return page.getByRole("button", { name: "Send 100 messages" }).click();
}

describe("a server that is killed", () => {
  beforeEach(async () => {
    showcase = await startShowcase();
  });

  test("amid a hundred messages of each of two pages has lost, repeated and mixed up none", async () => {
    const [ada, ben] = [await chat.join(showcase.url, "Ada"), await chat.join(showcase.url, "Ben")];
    await Promise.all([storm(ada), storm(ben)]);
    await expect.poll(() => messages(ben).count(), { timeout: 20_000 }).toBeGreaterThan(50);
    await showcase.kill();
    for (const page of [ada, ben]) await status(page, /Reconnecting in|Connecting/).waitFor();
    await pending(ada).first().waitFor();
    showcase = await showcase.again();

    for (const page of [ada, ben]) {
      await stormSettles(page);
      await hasAll(page, 200);
      await settles(page);
    }
    const [ofAda, ofBen] = [await allTexts(ada), await allTexts(ben)];
    expect(ofBen).toEqual(ofAda);
    expect(ofAda).toHaveLength(200);
    for (let number = 1; number <= 100; number += 1) {
      expect(ofAda.filter((text) => text === `Message ${number} of 100`)).toHaveLength(2);
    }
    expect(await ledger(ben, "fingerprint")).toBe(await ledger(ada, "fingerprint"));
  });

  test("and was frozen before finds everybody back, each message once", async () => {
    const [ada, ben] = [await chat.join(showcase.url, "Ada"), await chat.join(showcase.url, "Ben")];
    await say(ada, "before the crash");
    await hasOnce(ben, "before the crash");

    // Sent, and never read: nobody can know until the line breaks.
    showcase.freeze();
    await say(ada, "sent into the void");
    await pending(ada).getByText("Sending…").waitFor();
    await showcase.kill();
    for (const page of [ada, ben]) await status(page, /Reconnecting in|Connecting/).waitFor();
    await ada.getByText("Here when last heard").waitFor();
    await say(ada, "from Ada, without a server");
    await say(ben, "from Ben, without a server");
    showcase = await showcase.again();

    for (const page of [ada, ben]) {
      await status(page, "Connected").waitFor();
      await hasOnce(page, "before the crash");
      await hasOnce(page, "sent into the void");
      await hasOnce(page, "from Ada, without a server");
      await hasOnce(page, "from Ben, without a server");
      await isHere(page, "Ada");
      await isHere(page, "Ben");
      await hasAll(page, 4);
    }
  });

  test("has the whole history for who comes later", async () => {
    const ada = await chat.join(showcase.url, "Ada");
    await storm(ada);
    await hasAll(ada, 100);
    await showcase.kill();
    showcase = await showcase.again();
    const ben = await chat.join(showcase.url, "Ben");
    // The last page first, from its end.
    await expect.poll(() => ledger(ben, "offsets")).toBe("51–100");
    await expect.poll(() => fromEnd(ben)).toBeLessThan(2);
    await list(ben).focus();
    await ben.keyboard.press("Home");
    await hasAll(ben, 100);
    await ben.getByText("This is where the room begins.").waitFor();
    expect(await allTexts(ben)).toEqual(await allTexts(ada));
  });
});

describe("scrolling back", () => {
  beforeEach(async () => {
    showcase = await startShowcase();
  });

  test("leaves what is read where it is, and a pill tells of new messages below", async () => {
    const ada = await chat.join(showcase.url, "Ada");
    await storm(ada);
    await hasAll(ada, 100);
    await storm(ada);
    await hasAll(ada, 200);
    const ben = await chat.join(showcase.url, "Ben");
    await expect.poll(() => ledger(ben, "offsets")).toBe("151–200");
    const first = list(ben).locator('[data-offset="151"]');
    // To the first one that is there: older ones are loaded above it.
    await list(ben).evaluate((node) => {
      node.scrollTop = 0;
    });
    await expect.poll(() => ledger(ben, "offsets")).toBe("101–200");
    const box = await list(ben).boundingBox();
    const place = await first.boundingBox();
    expect(place?.y).toBeGreaterThanOrEqual((box?.y ?? 0) - 1);
    expect(place?.y).toBeLessThan((box?.y ?? 0) + 120);

    await say(ada, "something new");
    await ben.getByRole("button", { name: "1 new message ↓" }).click();
    await expect.poll(() => fromEnd(ben)).toBeLessThan(2);
    await hasOnce(ben, "something new");
    expect(await ben.getByRole("button", { name: "new message" }).count()).toBe(0);
  });
});

describe("below its supervisor", () => {
  beforeEach(async () => {
    showcase = await startSupervised();
  });

  test("the server is killed and started again by buttons, and a hundred messages come through", async () => {
    const [ada, ben] = [await chat.join(showcase.url, "Ada"), await chat.join(showcase.url, "Ben")];
    await ada.getByRole("button", { name: "Kill the server" }).click();
    for (const page of [ada, ben]) await page.getByText("Dead. Nobody listens.").waitFor();
    for (const page of [ada, ben]) await status(page, /Reconnecting in|Connecting/).waitFor();
    await say(ada, "written to nobody");
    await pending(ada).getByText("Waiting").waitFor();
    await ada.getByRole("button", { name: "Try now" }).click();
    await status(ada, /Reconnecting in/).waitFor();
    await ben.getByRole("button", { name: "Start it again" }).click();
    await ada.getByText(/Process \d+ runs, start 2/).waitFor();
    for (const page of [ada, ben]) await hasOnce(page, "written to nobody");

    await ben.getByRole("button", { name: "Send 100, and kill it amid them" }).click();
    await stormSettles(ben);
    await ben.getByText(/Process \d+ runs, start 3/).waitFor();
    for (const page of [ada, ben]) await hasAll(page, 101);
    expect(await ledger(ben, "fingerprint")).toBe(await ledger(ada, "fingerprint"));
  });

  test("simulated people talk when they are asked to, and are gone when not", async () => {
    const ada = await chat.join(showcase.url, "Ada");
    const company = ada.getByRole("checkbox", { name: "Simulated people talk" });
    await company.check();
    await isHere(ada, "Mira");
    await list(ada).locator(".message", { hasText: "program" }).first().waitFor();
    await company.uncheck();
    await list(ada).getByText("Mira left").waitFor();
  });
});
