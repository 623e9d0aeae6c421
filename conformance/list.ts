/**
 * Writes docs/conformance.md from the names of the tests:
 * `node --conditions=@openline/source --import tsx conformance/list.ts`.
 */
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { type Deviation, deviations } from "./deviations.ts";
import { cell, formatWireProtocols, type ListedTest, table } from "./list-wire.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Where the list is kept. */
export const documentPath: string = join(root, "docs", "conformance.md");

/** One requirement, with the sides that are held to it. */
interface Requirement {
  /** The document and section, e.g. `RFC 6455 §5.4`. */
  readonly section: string;
  readonly text: string;
  readonly sides: Set<string>;
}

/** The suites that are listed. */
const suites = ["conformance/rfc", "conformance/engine-io/", "conformance/socket-io/"];

/** The names of all their tests, as vitest finds them: `server > RFC 6455 §5.4: …` */
async function listTests(): Promise<ListedTest[]> {
  const folder = await mkdtemp(join(tmpdir(), "conformance-"));
  const output = join(folder, "list.json");
  const vitest = join(root, "node_modules", "vitest", "vitest.mjs");
  const filter = ["--project", "conformance", ...suites];
  // This runs within a test too: that one's own settings are not for the inner vitest.
  const own = Object.entries(process.env).filter(
    ([name]) => !/^(VITEST|CONFORMANCE_URL$)/.test(name),
  );
  const env = { ...Object.fromEntries(own), CONFORMANCE_TARGET: "openline" };
  try {
    const args = [vitest, "list", ...filter, `--json=${output}`];
    await promisify(execFile)(process.execPath, args, { cwd: root, env });
    return JSON.parse(await readFile(output, "utf8")) as ListedTest[];
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** The requirements of each file, in the order of the tests. */
function groupByFile(tests: readonly ListedTest[]): Map<string, Requirement[]> {
  const files = new Map<string, Map<string, Requirement>>();
  for (const { name, file } of tests) {
    const match = /^(server|client) > (RFC \d+ §[\d.]+(?: \(fail fast\))?): (.+)$/.exec(name);
    // What is not a requirement is a test of the suite's own tools.
    if (match === null) continue;
    const [, side = "", section = "", text = ""] = match;
    const path = relative(root, file);
    const requirements = files.get(path) ?? new Map<string, Requirement>();
    files.set(path, requirements);
    const key = `${section}: ${text}`;
    const requirement = requirements.get(key) ?? { section, text, sides: new Set() };
    requirement.sides.add(side);
    requirements.set(key, requirement);
  }
  return new Map(
    [...files]
      .map(([path, requirements]): [string, Requirement[]] => [path, [...requirements.values()]])
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}

/** Whether the requirement is met on a side; empty where it is not one for that side. */
function mark({ section, text, sides }: Requirement, side: string): string {
  if (!sides.has(side)) return "";
  const deviates = deviations.some(
    ({ target, requirement }) =>
      target === "openline" && `${section}: ${text}`.startsWith(requirement),
  );
  return deviates ? "deviates" : "✓";
}

function deviationTable(target: Deviation["target"]): string {
  const rows = deviations
    .filter((deviation) => deviation.target === target)
    .map(({ requirement, reason }) => [cell(requirement), reason]);
  return table(["Requirement", "What happens instead, and why"], rows);
}

/** What the catalogue of the Autobahn TestSuite covers, and where that is here. */
const catalogue: readonly [string, string][] = [
  ["1 Framing", "framing, masking, sending"],
  ["2 Pings and Pongs", "ping-pong"],
  ["3 Reserved bits", "reserved-bits"],
  ["4 Opcodes", "opcodes"],
  ["5 Fragmentation", "fragmentation"],
  ["6 UTF-8", "utf8"],
  ["7 Closing", "closing"],
  ["9 Limits and performance", "limits"],
  ["10 Auto-fragmentation", "sending"],
  ["12, 13 Compression", "everything in `rfc7692`"],
  ["Not in the catalogue: handshakes", "server-handshake, client-handshake, early-data"],
];

/** The text of docs/conformance.md. */
export async function formatDocument(): Promise<string> {
  const listed = await listTests();
  const files = groupByFile(listed);
  const all = [...files.values()].flat();
  const tests = all.reduce((sum, { sides }) => sum + sides.size, 0);
  const sections = [...files].map(([path, requirements]) => {
    const rows = requirements.map((requirement) => [
      requirement.section,
      cell(requirement.text),
      mark(requirement, "server"),
      mark(requirement, "client"),
    ]);
    return `#### ${path}\n\n${table(["Section", "Requirement", "Server", "Client"], rows)}\n`;
  });
  return `# Conformance

\`@openline/websocket\` is held to RFC 6455 and RFC 7692, \`openline\` to the protocols of
[Engine.IO and Socket.IO](#engineio-and-socketio).

## WebSocket

The engine is held to RFC 6455 and RFC 7692 from outside: a raw peer writes bytes into a TCP
connection and looks at the bytes that come back. It is the client of our server, and the server
of our client: ${all.length} requirements, ${tests} tests. The suite covers what the catalogue of the
Autobahn TestSuite covers, and the opening handshakes.

Scenarios are sent whole, byte by byte and split once at each byte where they are short enough. Each
piece is written only after the one before it was read, so each cut is really seen.

\`\`\`sh
npx vitest run --project conformance conformance/rfc                          # ours
CONFORMANCE_TARGET=ws npx vitest run --project conformance conformance/rfc    # ws, by the same tests
\`\`\`

This file is made by \`conformance/list.ts\` from the names of the tests, and a test checks that it is
up to date. How the API compares with that of \`ws\` is told in [Migrating from ws](migrating-from-ws.md).

${table(["Autobahn TestSuite", "Test files"], catalogue)}

### Deviations

What we do otherwise, knowingly. The test of each of these requirements must fail, so that this list
stays true.

${deviationTable("openline")}

Limits are no deviations: a message, its fragments and what waits for a slow reader are bounded by
default (RFC 6455 §10.4), and the suite sets these limits aside where it does not test them.

#### Where ws 8 deviates

The suite was tried on \`ws\` first, which is widely used and passes the Autobahn TestSuite. These
requirements it does not meet.

${deviationTable("ws")}

### Requirements and their tests

${sections.join("\n")}
${formatWireProtocols(root, listed)}`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await writeFile(documentPath, await formatDocument());
}
