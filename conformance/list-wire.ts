import { relative } from "node:path";
import { deviations as engineDeviations } from "./engine-io/deviations.ts";
import type { WireDeviation } from "./engine-io/suite.ts";
import { deviations as socketDeviations } from "./socket-io/deviations.ts";

/** A test as vitest lists it: `<implementation> > <source>: <requirement>`. */
export interface ListedTest {
  readonly name: string;
  readonly file: string;
}

/** One protocol, as docs/conformance.md tells of it. */
interface Protocol {
  readonly title: string;
  /** The folder of its suite. */
  readonly folder: string;
  /** What it was tried on. */
  readonly reference: string;
  readonly deviations: readonly WireDeviation[];
}

const protocols: readonly Protocol[] = [
  {
    title: "Engine.IO",
    folder: "conformance/engine-io",
    reference: "engine.io",
    deviations: engineDeviations,
  },
  {
    title: "Socket.IO",
    folder: "conformance/socket-io",
    reference: "socket.io",
    deviations: socketDeviations,
  },
];

const documents = "https://github.com/socketio/socket.io/blob/main/docs";

const introduction = `## Engine.IO and Socket.IO

\`openline\` is held to both protocols on the wire, by raw HTTP requests, TCP connections and a plain WebSocket
client; no client library of Socket.IO takes part. The same tests run for \`engine.io\` 6 and \`socket.io\` 4,
which shows that they are right.

\`\`\`sh
npx vitest run --project conformance conformance/engine-io conformance/socket-io/
\`\`\`

Somebody else's server can be tested, too. What it has to do is told at the top of
\`conformance/engine-io/subject.ts\` and \`conformance/socket-io/subject.ts\`, which also start one; tests that need
other options than the fixed ones are left out.

\`\`\`sh
CONFORMANCE_URL=http://127.0.0.1:3000 npx vitest run --project conformance conformance/engine-io
\`\`\`

The sources of the requirements, by the names in the tables:

- "Engine.IO v4": [the protocol's document](${documents}/engine.io-protocol/v4-current.md), by its sections.
- "Engine.IO v3": [the one before](${documents}/engine.io-protocol/v3.md), which Socket.IO 2 clients speak.
- "Socket.IO v5": [the protocol's document](${documents}/socket.io-protocol/v5-current.md), by its sections.
- "engine.io", "socket.io": what the documents leave open and clients rely upon: what the reference
  implementation and [its options](https://socket.io/docs/v4/server-options/) do.
- "RFC …", "OWASP …", "CSWSH": what HTTP, WebSocket and security demand beside them.

How broken and hostile packets are survived is tested in \`conformance/security-socket-io\`, row by row of
[the security model](security.md).
`;

/** The part of docs/conformance.md about Engine.IO and Socket.IO. */
export function formatWireProtocols(root: string, tests: readonly ListedTest[]): string {
  const parts = protocols.map((protocol) => formatProtocol(root, protocol, tests));
  return `${introduction}\n${parts.join("\n")}`;
}

function formatProtocol(root: string, protocol: Protocol, tests: readonly ListedTest[]): string {
  const files = new Map<string, Map<string, string>>();
  for (const { name, file } of tests) {
    const path = relative(root, file);
    const [, source, text] = /^openline > (.+?): (.+)$/.exec(name) ?? [];
    if (!path.startsWith(`${protocol.folder}/`) || source === undefined) continue;
    const requirements = files.get(path) ?? new Map<string, string>();
    files.set(path, requirements.set(`${source}: ${text}`, source));
  }
  const count = [...files.values()].reduce((sum, { size }) => sum + size, 0);
  const sections = [...files]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([path, requirements]) => `#### ${path}\n\n${requirementTable(protocol, requirements)}\n`);
  return `### ${protocol.title}: ${count} requirements

${deviationTables(protocol)}
${sections.join("\n")}`;
}

function requirementTable(protocol: Protocol, requirements: ReadonlyMap<string, string>): string {
  const rows = [...requirements].map(([name, source]) => [
    source,
    cell(name.slice(source.length + 2)),
    mark(protocol, "openline", name),
    mark(protocol, protocol.reference, name),
  ]);
  return table(["Source", "Requirement", "openline", protocol.reference], rows);
}

function mark({ deviations }: Protocol, implementation: string, name: string): string {
  return deviations.some(
    (each) => each.implementation === implementation && name.startsWith(each.requirement),
  )
    ? "deviates"
    : "✓";
}

function deviationTables({ deviations, reference }: Protocol): string {
  const head = ["Requirement", "What happens instead, and why"];
  return ["openline", reference]
    .map((implementation) => {
      const rows = deviations
        .filter((each) => each.implementation === implementation)
        .map(({ requirement, reason }) => [cell(requirement), reason]);
      if (rows.length === 0) return `\`${implementation}\` deviates nowhere.\n`;
      return `Where \`${implementation}\` deviates:\n\n${table(head, rows)}\n`;
    })
    .join("\n");
}

/** Text for a cell of a table. */
export function cell(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("|", "\\|").replaceAll("<", "&lt;");
}

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, head.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |`);
  return lines.join("\n");
}
