// @vitest-environment happy-dom
import { type Client, type ClientOptions, createClient } from "@openline/client/channels";
import {
  OpenlineProvider,
  useChannel,
  useClient,
  useConnection,
  useOutbox,
  usePresence,
} from "@openline/client/react";
import { defineContract } from "@openline/protocol/contract";
import { WebSocket } from "@openline/websocket";
import { createElement, type ReactNode, StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { renderToString } from "react-dom/server";
import { expect, expectTypeOf, test } from "vitest";
import { z } from "zod";
import { onTestEnd } from "../socket-io-api/fixture.ts";
import { place } from "./channels.fixture.ts";

const message = z.object({ text: z.string() });
const contract = defineContract({ rooms: { "chat:*": { message } } });
type ChatClient = Client<typeof contract>;

/** The document's own WebSocket and fetch are made for pages. */
const options = { WebSocket: WebSocket as never, transports: ["websocket"], reconnectionDelay: 1 };

function connect(url: string): ChatClient {
  const client = createClient(url, { ...(options as ClientOptions), contract });
  onTestEnd(() => client.close());
  return client;
}

/** Puts something into a page, in React's StrictMode, until the end of the test. */
function show(client: Client | ChatClient, content: ReactNode): { text(): string; end(): void } {
  const element = newElement();
  const root = createRoot(element);
  const provider = createElement(OpenlineProvider, { client }, content);
  root.render(createElement(StrictMode, null, provider));
  const end = (): void => root.unmount();
  onTestEnd(end);
  return { text: () => element.textContent, end };
}

/** An element of the document that stands in for a browser's. */
function newElement(): { readonly textContent: string } {
  const { document } = globalThis as unknown as {
    document: { createElement(name: string): { textContent: string } };
  };
  return document.createElement("main");
}

function Chat({ room, last }: { room: `chat:${string}`; last?: number }): ReactNode {
  const client = useClient<ChatClient>();
  const { messages, status, hasOlder } = useChannel(client, room, { last });
  const texts = messages.map(({ data }) => data.text);
  return `${status}: ${texts.join(" ")}${hasOlder ? "…" : ""}`;
}

/** What the page shows, once React has seen all that has come. */
async function shown(page: { text(): string }, expected: RegExp): Promise<void> {
  await expect.poll(() => page.text()).toMatch(expected);
}

test("a component shows a channel's messages as they come, in StrictMode", async () => {
  const { url, io } = await place();
  await io.room("chat:1").publish("message", { text: "one" });
  const page = show(connect(url), createElement(Chat, { room: "chat:1", last: 10 }));
  await shown(page, /^joined: one/);
  await io.room("chat:1").publish("message", { text: "two" });
  await shown(page, /^joined: one two/);
  expect(io.sockets.adapter.rooms.get("chat:1")?.size).toBe(1);
  page.end();
  await expect.poll(() => io.sockets.adapter.rooms.has("chat:1")).toBe(false);
});

test("components that look at one channel share it", async () => {
  const { url, io } = await place();
  const both = [1, 2].map((key) => createElement(Chat, { key, room: "chat:1" }));
  const page = show(connect(url), both);
  await shown(page, /^joined: …joined: …$/);
  await io.room("chat:1").publish("message", { text: "once" });
  await shown(page, /^joined: once…joined: once…$/);
});

test("it comes back with what it has missed", async () => {
  const running = await place();
  const page = show(connect(running.url), createElement(Chat, { room: "chat:1" }));
  await shown(page, /^joined/);
  running.open(false);
  await running.io.room("chat:1").publish("message", { text: "missed" });
  running.open(true);
  await shown(page, /^joined: missed/);
});

test("older messages are loaded, up to the first", async () => {
  const { url, io } = await place();
  for (const text of ["one", "two", "three"]) await io.room("chat:1").publish("message", { text });
  let load = (): Promise<void> => Promise.resolve();
  function Past(): ReactNode {
    const client = useClient<ChatClient>();
    const { messages, hasOlder, loadOlder } = useChannel(client, "chat:1", { pageSize: 2 });
    load = loadOlder;
    return messages.map(({ data }) => data.text).join(" ") + (hasOlder ? "…" : "");
  }
  const page = show(connect(url), createElement(Past));
  await shown(page, /^…$/);
  await load();
  await shown(page, /^two three…$/);
  await load();
  await shown(page, /^one two three$/);
});

test("what is published waits in the outbox, and the connection says why", async () => {
  const running = await place();
  let publish: (data: { text: string }) => Promise<unknown> = () => Promise.resolve();
  function Status(): ReactNode {
    const client = useClient<ChatClient>();
    const chat = useChannel(client, "chat:1");
    const { state } = useConnection();
    const waiting = useOutbox(client).length;
    publish = (data) => chat.publish("message", data);
    return `${state} ${waiting} ${chat.messages.length}`;
  }
  const page = show(connect(running.url), createElement(Status));
  await shown(page, /^connected 0 0$/);
  running.open(false);
  await shown(page, /^(?:waiting|connecting) 0 0$/);
  const published = publish({ text: "later" });
  await shown(page, /^(?:waiting|connecting) 1 0$/);
  running.open(true);
  await shown(page, /^connected 0 1$/);
  expect(await published).toMatchObject({ offset: 1, duplicate: false });
});

test("who is there is shown, as they come and go", async () => {
  const { url, io } = await place();
  io.rooms("room:*", { authorize: () => true, presence: true });
  function Count(): ReactNode {
    const { count, isCurrent } = usePresence(useClient<Client>(), "room:1");
    return `${count} ${isCurrent}`;
  }
  const one = show(createClient(url, options as ClientOptions), createElement(Count));
  await shown(one, /^1 true$/);
  const other = show(createClient(url, options as ClientOptions), createElement(Count));
  await shown(one, /^2 true$/);
  await shown(other, /^2 true$/);
  other.end();
  await shown(one, /^1 true$/);
});

test("a hook without a client says what to do", () => {
  const Lost = (): ReactNode => useConnection().state;
  expect(() => renderToString(createElement(Lost))).toThrow("<OpenlineProvider");
});

test("a contract's types reach components", () => {
  type View = ReturnType<typeof useChannel<typeof contract, "chat:1">>;
  expectTypeOf<View["messages"][number]["data"]>().toEqualTypeOf<{ text: string }>();
  expectTypeOf<View["messages"][number]["event"]>().toEqualTypeOf<"message">();
  expectTypeOf<View["publish"]>().parameter(0).toEqualTypeOf<"message">();
  // @ts-expect-error -- there is no such event
  const wrong = (view: View) => view.publish("massage", { text: "" });
  expect(wrong).toBeTypeOf("function");
});
