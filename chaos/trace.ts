import type { Verdict } from "./checker/check.ts";
import type { History, Seen } from "./checker/history.ts";
import type { Deed } from "./run/run.ts";

const maxSubscribers = 5;

/** What befell the subscribers that anomalies name, beside what was done, line by line. */
export function traceOf(history: History, deeds: readonly Deed[], { anomalies }: Verdict): string {
  const examples = anomalies.flatMap(({ examples }) => examples);
  const named = history.subscribers.filter(({ name }) =>
    examples.some((example) => example.startsWith(`${name} `)),
  );
  const lines = deeds.map(({ atMs, what }) => ({ atMs, line: what }));
  for (const { name, kind, group, events } of named.slice(0, maxSubscribers)) {
    const who = `${name} (${kind}, group ${group})`;
    for (const event of events) lines.push({ atMs: event.atMs, line: `${who} ${describe(event)}` });
  }
  // A stable sort: what happens at once stays as it was noted.
  lines.sort((one, other) => one.atMs - other.atMs);
  return lines.map(({ atMs, line }) => `${atMs.toFixed(1)} ${line}\n`).join("");
}

function describe(event: Seen): string {
  if (event.kind === "delivered") {
    const { content, offset, page } = event;
    const what = `got ${content.publisher}#${content.sequence} in ${content.room}`;
    return `page ${page} ${what}, at ${offset}`;
  }
  if (event.kind !== "message") {
    const { atMs: _, kind, ...rest } = event;
    return `${kind} ${JSON.stringify(rest)}`;
  }
  const { content, offset, cursor } = event;
  const how = offset === null ? `live, ${cursor}` : `stored at ${offset}`;
  return `got ${content.publisher}#${content.sequence} in ${content.room}, ${how}`;
}
