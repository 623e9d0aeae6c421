/** The tables of a run as a part of docs/performance.md. */
import { formatDuration } from "./format.ts";
import type { Results } from "./run-results.ts";
import { formatMarkdown, notesOf, tableOf } from "./table.ts";

export function markdownOf(results: Results): string {
  const { machine } = results;
  const parts = [
    `${results.startedAt.slice(0, 10)}, Node ${results.node.replace(/^v/, "")}, ${machine.cpu}, ` +
      `${machine.cores} cores, Linux ${machine.kernel}; ${results.rounds} rounds in ` +
      `${formatDuration(results.durationMs)}.`,
  ];
  if (results.warning !== undefined) parts.push(`Note: ${results.warning}.`);
  for (const verdict of results.scenarios) {
    parts.push(`### ${verdict.title}`, formatMarkdown(tableOf(verdict)));
    const notes = notesOf(verdict);
    if (notes.length > 0) parts.push(notes.map((note) => `- ${note}`).join("\n"));
  }
  return `${parts.join("\n\n")}\n`;
}
