import { expect, test } from "vitest";
import { clientOf, place } from "./channels.fixture.ts";

test("who publishes at once gets its own message", async () => {
  const running = await place();
  const client = clientOf(running);
  const seen: unknown[] = [];
  const first = client.channel("chat:1");
  first.onAny(({ data }) => seen.push(data));
  // Before there is a line, and before there is a channel on it.
  await first.publish("message", 1);
  const second = client.channel("chat:2");
  second.onAny(({ data }) => seen.push(data));
  await second.publish("message", 2);
  await expect.poll(() => seen).toEqual([1, 2]);
});

test("and what others have written while it was away comes before that", async () => {
  const running = await place({ connectionStateRecovery: { maxDisconnectionDuration: 0 } });
  const client = clientOf(running);
  const chat = client.channel("chat:1");
  const seen: unknown[] = [];
  chat.onAny(({ data }) => seen.push(data));
  await chat.publish("message", 1);
  running.open(false);
  await expect.poll(() => client.connection.get().state).not.toBe("connected");
  await running.io.room("chat:1").publish("message", 2);
  const published = chat.publish("message", 3);
  running.open(true);
  expect(await published).toMatchObject({ offset: 3 });
  await expect.poll(() => seen).toEqual([1, 2, 3]);
});

test("a channel that is refused keeps nobody from publishing elsewhere", async () => {
  const running = await place();
  running.io.rooms("secret:*", { authorize: () => false });
  const client = clientOf(running);
  const secret = client.channel("secret:1");
  const chat = client.channel("chat:1");
  await chat.publish("message", 1);
  expect(secret.status).toBe("refused");
  client.channel("chat:2").leave();
  await chat.publish("message", 2);
});
