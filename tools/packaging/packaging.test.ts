import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fetchNode, nodeMajors } from "../machine/nodes.ts";
import { type ConsumerProject, createConsumerProject } from "./project.ts";

let project: ConsumerProject;
const nodes = new Map<number, string>();

beforeAll(async () => {
  project = createConsumerProject();
  for (const major of nodeMajors) nodes.set(major, await fetchNode(major));
}, 300_000);

afterAll(() => project?.remove());

/** Each program in `consumers/`, with everything that it prints. */
const programs = {
  "echo.mjs": ["text echo: hello", "binary [ 1, 2, 3 ]", "close 1000 done", "server closed"],
  "broadcast.cjs": ["bob got hi all", "bob closed 1001 bye true", "server closed"],
  "own-http-server.cjs": ["plain page", "upper HELLO", "lower hello", "server closed"],
  "openline.cjs": [
    "a server true",
    "its main namespace true function",
    'handshake 200 0{"sid":',
    "bundle 200 true",
    "server closed",
  ],
  "durable-log.mjs": [
    "first 1",
    "again true",
    "read hello",
    "one writer true OPENLINE_LOG_LOCKED",
    "closed",
  ],
  "client.mjs": [
    "require gives the function true 5",
    "everything is on it true true",
    "published at 1",
    "answer 3",
    "websocket [ 7, <Buffer 03 04> ]",
    "header header",
    "server closed",
  ],
  "same-class.mjs": [
    "default is the class true",
    "require gives the class true",
    "Server true",
    "WebSocketServer true",
    "WebSocket true",
    "stream true",
    "OPEN 1 1",
  ],
};

describe.each([...nodeMajors])("installed from its tarball, on Node %d", (major) => {
  test("runs on that very Node", () => {
    const { output } = project.run(nodes.get(major) ?? "", ["--version"]);
    expect(output).toMatch(`v${major}.`);
  });

  // The whole output is compared: a warning about require or experiments is a failure, too.
  test.each(Object.entries(programs))("%s does what its tutorial says", (program, lines) => {
    const { status, output } = project.run(nodes.get(major) ?? "", [program]);
    expect(output.trimEnd().split("\n")).toEqual(lines);
    expect(status).toBe(0);
  });
});

describe("a TypeScript program that uses the installed package", () => {
  test.each([
    ["an ES module, nodenext", ["typed.mts"], { module: "nodenext" }],
    [
      "an ES module for a bundler",
      ["typed.mts"],
      { module: "esnext", moduleResolution: "bundler" },
    ],
    ["a CommonJS module, nodenext", ["typed.cts"], { module: "nodenext" }],
    ["an ES module that goes beyond ws", ["typed-beyond-ws.mts"], { module: "nodenext" }],
    ["an ES module with a Socket.IO server", ["typed-openline.mts"], { module: "nodenext" }],
    ["both sides of a contract", ["typed-contract.mts"], { module: "nodenext" }],
  ])("type checks as %s", (_, files, options) => {
    expect(project.typeCheck(files, options)).toBe("");
  });

  test("is really checked", () => {
    const complaint = project.typeCheck(["wrong.mts"], { module: "nodenext" });
    expect(complaint).toMatch("TS2322");
  });
});

describe("the tarballs", () => {
  test("hold the built code, its types, its source maps, the sources, a readme and a licence", () => {
    for (const { name, files } of project.tarballs) {
      expect(files, name).toEqual(expect.arrayContaining(["README.md", "LICENSE", "package.json"]));
      // Bundles are held to by tools/bundles.
      const modules = files.filter((path) => /^dist\/(?!bundles\/).*[^d]\.js$/.test(path));
      for (const file of modules) {
        const stem = file.replace(/\.js$/, "");
        const others = [`${file}.map`, `${stem}.d.ts`, `${stem.replace("dist", "src")}.ts`];
        expect(files, name).toEqual(expect.arrayContaining(others));
      }
    }
  });

  test("hold the bundles of the client", () => {
    const client = project.tarballs.find(({ name }) => name === "@openline/client");
    const names = ["socket.io", "socket.io.min", "socket.io.esm.min", "socket.io.msgpack.min"];
    const bundles = names.flatMap((name) => [`${name}.js`, `${name}.js.map`]);
    expect(client?.files.filter((file) => file.startsWith("dist/bundles/")).sort()).toEqual(
      bundles.map((name) => `dist/bundles/${name}`).sort(),
    );
  });

  test("hold no tests and nothing else", () => {
    for (const { name, files } of project.tarballs) {
      const others = files.filter(
        (path) =>
          !/^(dist\/.*\.(js|js\.map|d\.ts|d\.ts\.map)|src\/.*\.ts)$/.test(path) &&
          !["README.md", "LICENSE", "package.json", "openapi.json"].includes(path),
      );
      expect(others, name).toEqual([]);
      expect(files.filter((path) => /\.(test|fixture)\./.test(path))).toEqual([]);
    }
  });
});
