import { existsSync, readFileSync } from "node:fs";
import { posix } from "node:path";
import { parseSync } from "vite";
import { describe, expect, test } from "vitest";
import { root } from "../workspaces.ts";
import {
  readAnchors,
  readCodeBlocks,
  readExpectedOutput,
  readLinks,
  readMarkdownFiles,
} from "./markdown.ts";

const sample = `# A title: with *marks*

See [the guide](docs/guide.md#first-steps) and ![a plot](plot.svg "the plot"), not \`[x](y)\`.

\`\`\`js runnable
console.log(1 + 1); // 2
log("nothing"); // not this
console.log("a"); // a
\`\`\`

\`\`\`
# no heading, [no](link)
\`\`\`
`;

describe("reading Markdown", () => {
  test("finds blocks of code with their language, marks and line", () => {
    expect(readCodeBlocks(sample)).toEqual([
      {
        language: "js",
        marks: ["runnable"],
        code: 'console.log(1 + 1); // 2\nlog("nothing"); // not this\nconsole.log("a"); // a\n',
        line: 5,
      },
      { language: "", marks: [], code: "# no heading, [no](link)\n", line: 11 },
    ]);
  });

  test("finds links, not in code", () => {
    expect(readLinks(sample)).toEqual(["docs/guide.md#first-steps", "plot.svg"]);
  });

  test("finds the anchors of headings, not in code", () => {
    expect(readAnchors(sample)).toEqual(new Set(["a-title-with-marks"]));
  });

  test("numbers anchors of the same name", () => {
    const anchors = readAnchors("## Events\n## Methods\n### Events\n### Events");
    expect([...anchors]).toEqual(["events", "methods", "events-1", "events-2"]);
  });

  test("finds what a snippet says it prints", () => {
    expect(readExpectedOutput(sample)).toEqual(["2", "a"]);
  });
});

const files = readMarkdownFiles();

test("the repository's Markdown is looked at", () => {
  expect([...files.keys()]).toEqual(
    expect.arrayContaining([
      "README.md",
      "packages/websocket/README.md",
      "docs/decisions/README.md",
    ]),
  );
});

describe.each([...files])("%s", (path, markdown) => {
  test("has no link that leads nowhere", () => {
    const broken = readLinks(markdown).filter((link) => {
      if (/^[a-z]+:/.test(link)) return false;
      const [file = "", anchor] = link.split("#");
      const target = file === "" ? path : posix.join(posix.dirname(path), file);
      if (!existsSync(posix.join(root, target))) return true;
      if (anchor === undefined || !target.endsWith(".md")) return false;
      return !readAnchors(readFileSync(posix.join(root, target), "utf8")).has(anchor);
    });
    expect(broken).toEqual([]);
  });

  test("has no code that does not parse", () => {
    const broken = readCodeBlocks(markdown)
      .filter((block) => ["js", "ts"].includes(block.language))
      .filter((block) => parseSync(`x.${block.language}`, block.code).errors.length > 0)
      .map((block) => `line ${block.line}`);
    expect(broken).toEqual([]);
  });
});
