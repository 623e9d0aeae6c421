import { writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fetchNode } from "../machine/nodes.ts";
import { readCodeBlocks, readExpectedOutput, readMarkdownFiles } from "../markdown/markdown.ts";
import { type ConsumerProject, createConsumerProject } from "./project.ts";

/** Every block of code that is marked `runnable`, wherever it stands in the documentation. */
const snippets = [...readMarkdownFiles()].flatMap(([path, markdown]) =>
  readCodeBlocks(markdown)
    .filter((block) => block.marks.includes("runnable"))
    .map((block) => ({ ...block, path })),
);

let project: ConsumerProject;
/** A Node that strips types, for the snippets in TypeScript. */
let typedNode: string;

beforeAll(async () => {
  project = createConsumerProject();
  typedNode = await fetchNode(24);
}, 300_000);

afterAll(() => project?.remove());

test("the readmes have snippets that are run", () => {
  const paths = snippets.map((snippet) => snippet.path);
  expect(paths).toEqual(
    expect.arrayContaining([
      "README.md",
      "packages/lmdb/README.md",
      "packages/protocol/README.md",
      "packages/server/README.md",
      "packages/websocket/README.md",
    ]),
  );
});

describe("run with the installed packages", () => {
  test.each(snippets)("$path:$line prints what it says", async ({ path, line, code, language }) => {
    const suffix = code.includes("require(") ? "c" : "m";
    const file = `${path.replaceAll("/", "-")}-${line}.${suffix}${language}`;
    // Readers like to see a port; whoever runs tests may have it in use.
    const port = String(await freePort());
    writeFileSync(join(project.folder, file), code.replaceAll("8080", port));
    const { status, output } = project.run(language === "ts" ? typedNode : process.execPath, [
      file,
    ]);
    expect(output.trimEnd().split("\n")).toEqual(readExpectedOutput(code));
    expect(status).toBe(0);
  });
});

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on("error", reject);
    server.listen(0, () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
