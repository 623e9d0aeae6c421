/**
 * The showcase's server. `npm start` runs it below `supervisor.ts`, which can kill it and start it again;
 * it stands by itself, too.
 *
 * `PORT` (default 3000; 0 takes a free one) and `HOST` (default: all addresses) say where, and `DATA`
 * (default ./data) in which folder the log is.
 */
import { extname } from "node:path";
import { loadBuiltPages } from "./pages/built-pages.ts";
import { defaultPort, readPort } from "./read-port.ts";
import { startShowcase } from "./showcase.ts";

/** How long peers get to say goodbye after SIGTERM. */
const graceMs = 3_000;

function explain(error: unknown, port: number): string {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === "EADDRINUSE") {
    return `Port ${port} is in use. Stop what listens there, or choose another one: PORT=${port + 1} npm start`;
  }
  if (code === "EACCES") {
    return `Port ${port} needs more rights. Choose one above 1023: PORT=${defaultPort} npm start`;
  }
  return error instanceof Error ? error.message : String(error);
}

async function main(): Promise<void> {
  const port = readPort(process.env.PORT);
  const { DATA, BOT_KEY, CONTROL_PORT } = process.env;
  const controlPort = CONTROL_PORT === undefined ? undefined : Number(CONTROL_PORT);
  // From source, Vite builds each file of a page when it is asked for.
  const isSource = extname(import.meta.filename) === ".ts";
  const openPages = isSource
    ? (await import("./pages/source-pages.ts")).openSourcePages
    : () => loadBuiltPages(controlPort);
  const showcase = await startShowcase({
    port,
    host: process.env.HOST,
    openPages,
    chat: { dataPath: DATA || "./data", botKey: BOT_KEY },
    controlPort,
  }).catch((error: unknown) => {
    throw new Error(explain(error, port), { cause: error });
  });
  // The supervisor says it in a sentence of its own.
  if (process.send !== undefined) process.send({ url: showcase.url });
  else console.log(`Openline showcase: ${showcase.url}  (Ctrl+C stops it)`);

  let isStopping = false;
  const stop = (): void => {
    // The second time means: now.
    if (isStopping) process.exit(1);
    isStopping = true;
    void showcase.shutdown(graceMs).then(() => process.exit(0));
  };
  if (process.send === undefined) process.on("SIGINT", stop);
  // Ctrl+C goes to all processes of a terminal, and the supervisor's word comes after it.
  else process.on("SIGINT", () => {});
  process.on("SIGTERM", stop);
  process.on("disconnect", stop);
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
