import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { compile, type Diagnostic } from "./compiler.ts";

/** A second on a machine that does nothing else. */
const TIMEOUT_MS = 120_000;

const head = `
import { io } from "@openline/client";
import { createClient } from "@openline/client/channels";
import { defineContract, Server } from "openline";
import { z } from "zod";

const contract = defineContract({
  clientToServer: {
    say: z.object({ text: z.string() }),
    move: [z.number(), z.number()],
    rename: { args: z.string(), ack: z.object({ name: z.string() }) },
  },
  serverToClient: { notice: z.string() },
  rooms: { "chat:*": { message: z.object({ text: z.string() }), typing: z.string() } },
});
const client = io({ contract });
const chat = createClient({ contract }).channel("chat:42");
const server = new Server({ contract });
type SocketOf<Any> = Any extends { sockets: { sockets: Map<string, infer One> } } ? One : never;
declare const socket: SocketOf<typeof server>;
`.trim();

/** Wrong lines, where each is wrong, and what the compiler has to say. */
const wrong: readonly [program: string, place: string, message: RegExp][] = [
  [
    `client.emit("sey", { text: "" });`,
    `"sey"`,
    /^Argument of type '"sey"' is not assignable to parameter of type '"move" \| "rename" \| "say"'\.$/,
  ],
  [`client.emit("say", { txt: "" });`, "txt", /'txt' does not exist in type '\{ text: string; \}'/],
  [`client.emit("say", 5);`, "5", /^Argument of type 'number' is .* type '\{ text: string; \}'\.$/],
  [`client.emit("say");`, "emit", /^Expected 2 arguments, but got 1\.$/],
  [`client.emit("move", 1, "2");`, `"2"`, /'string' is not assignable to .* 'number'\.$/],
  [`client.emit("rename", "a");`, "emit", /^Expected 3 arguments, but got 2\.$/],
  [
    `client.emit("rename", "a", (answer: string) => answer);`,
    "(answer",
    /parameter of type '\(answer: Refusal \| \{ name: string; \}\) => void'/,
  ],
  [
    `client.emit("rename", "a", (answer) => answer.name);`,
    "name",
    /^Property 'name' does not exist on type 'Refusal \| \{ name: string; \}'/,
  ],
  [`void client.emitWithAck("rename", 5);`, "5", /'number' is not assignable to .* 'string'\.$/],
  [
    `client.on("notic", () => {});`,
    `"notic"`,
    /parameter of type '"connect" \| "connect_error" \| "contract_error" \| "disconnect" \| "notice"'/,
  ],
  [
    `client.on("notice", (text: number) => text);`,
    "(text",
    /parameter of type '\(data: string\) => void'/,
  ],
  [`server.emit("notice", 5);`, "5", /'number' is not assignable to .* 'string'\.$/],
  [`server.to("a").emit("notices", "a");`, `"notices"`, /parameter of type '"notice"'\.$/],
  [`socket.emit("notice", 5);`, "5", /'number' is not assignable to .* 'string'\.$/],
  [`socket.on("sey", () => {});`, `"sey"`, /parameter of type '.*"move" \| "rename" \| "say"'\.$/],
  [
    `socket.on("say", ({ txt }) => txt);`,
    "txt",
    /^Property 'txt' does not exist on type '\{ text: string; \}'\.$/,
  ],
  [
    `socket.on("rename", (name, ack) => ack({ nam: name }));`,
    "nam:",
    /'nam' does not exist in type 'Refusal \| \{ name: string; \}'/,
  ],
  [
    `void server.room("chat:42").publish("mesage", { text: "" });`,
    `"mesage"`,
    /'"mesage"' is not assignable to parameter of type '"message" \| "typing"'\.$/,
  ],
  [
    `void server.room("chat:42").publish("message", { txt: "" });`,
    "txt",
    /'txt' does not exist in type '\{ text: string; \}'/,
  ],
  [`void server.room("chat:42").publish("typing");`, "publish", /^Expected 2-3 arguments/],
  [
    `void server.room("lobby");`,
    `"lobby"`,
    /^Argument of type '"lobby"' is not assignable to parameter of type '`chat:\$\{string\}`'\.$/,
  ],
  [
    `void chat.publish("mesage", { text: "" });`,
    `"mesage"`,
    /'"mesage"' is not assignable to parameter of type '"message" \| "typing"'\.$/,
  ],
  [
    `void chat.publish("message", { txt: "" });`,
    "txt",
    /'txt' does not exist in type '\{ text: string; \}'/,
  ],
  [`void chat.publish("typing", 5);`, "5", /'number' is not assignable to .* 'string'\.$/],
  [`chat.on("mesage", () => {});`, `"mesage"`, /parameter of type '"message" \| "typing"'\.$/],
  [
    `chat.on("message", ({ txt }) => txt);`,
    "txt",
    /^Property 'txt' does not exist on type '\{ text: string; \}'\.$/,
  ],
  [
    `defineContract({ clientToServer: { say: "text" } });`,
    "say",
    /^Type 'string' is not assignable to type 'EventDefinition'\.$/,
  ],
  [
    `defineContract({ clientToServer: { say: { args: z.string() } } });`,
    "say",
    /Property 'ack' is missing in type '\{ args: .*ZodString; \}'/,
  ],
  [
    `defineContract({ clientToSever: { say: z.string() } });`,
    "clientToSever",
    /Did you mean to write 'clientToServer'\?$/,
  ],
];

describe("the compiler says of", () => {
  const firstLine = head.split("\n").length + 1;
  let diagnostics: readonly Diagnostic[];

  beforeAll(async () => {
    const lines = [head, ...wrong.map(([line]) => line)];
    diagnostics = await compile({ "program.ts": lines.join("\n") });
  }, TIMEOUT_MS);

  test.each(wrong.map((each, index) => [...each, index] as const))(
    "%s",
    (_, place, expected, index) => {
      const [found, ...others] = diagnostics.filter(({ line }) => line === firstLine + index);
      expect(others).toEqual([]);
      expect(found?.code.startsWith(place), `${found?.code} begins with ${place}`).toBe(true);
      expect(found?.message).toMatch(expected);
      // No page of generics.
      const lines = found?.message.split("\n") ?? [];
      expect(lines.length).toBeLessThanOrEqual(4);
      for (const each of lines) expect(each.length).toBeLessThanOrEqual(200);
    },
  );

  test("nothing else", () => {
    expect(diagnostics).toHaveLength(wrong.length);
  });
});

test(
  "the compiler says nothing of a program that keeps to its contract",
  async () => {
    const program = `${head}
client.emit("say", { text: "" });
client.on("notice", (text) => text.length);
socket.on("rename", (name, ack) => ack({ name }));
void server.room("chat:42").publish("typing", "ada");
void chat.on("typing", (who) => who.length).publish("message", { text: "" });
`;
    expect(await compile({ "program.ts": program })).toEqual([]);
  },
  TIMEOUT_MS,
);

test(
  "the compiler says nothing of the programs in the guide",
  async () => {
    const guide = await readFile(join(import.meta.dirname, "../../docs/contracts.md"), "utf8");
    const blocks = [...guide.matchAll(/^```ts\n\/\/ (\S+)\n(.*?)^```$/gms)];
    const program = Object.fromEntries(blocks.map(([, file = "", source = ""]) => [file, source]));
    expect(Object.keys(program)).toEqual(["contract.ts", "server.ts", "client.ts", "types.ts"]);
    expect(await compile(program)).toEqual([]);
  },
  TIMEOUT_MS,
);
