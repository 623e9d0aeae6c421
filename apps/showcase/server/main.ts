/**
 * Starts the showcase: `npm start`, or `npm run dev` from source.
 *
 * `PORT` (default 3000; 0 takes a free one) and `HOST` (default: all addresses) say where.
 */
import { extname } from "node:path";
import { loadBuiltPages } from "./pages/built-pages.ts";
import { startShowcase } from "./showcase.ts";

const defaultPort = 3000;

/** How long peers get to say goodbye after SIGTERM. */
const graceMs = 3_000;

/** @throws RangeError for what is no port */
function readPort(text: string | undefined): number {
  if (text === undefined || text === "") return defaultPort;
  const port = Number(text);
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new RangeError(`PORT is a number from 0 to 65535, not "${text}"`);
}

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
  // From source, Vite builds each file of a page when it is asked for.
  const isSource = extname(import.meta.filename) === ".ts";
  const openPages = isSource
    ? (await import("./pages/source-pages.ts")).openSourcePages
    : loadBuiltPages;
  const showcase = await startShowcase({ port, host: process.env.HOST, openPages }).catch(
    (error: unknown) => {
      throw new Error(explain(error, port), { cause: error });
    },
  );
  console.log(`Openline showcase: ${showcase.url}  (Ctrl+C stops it)`);

  let isStopping = false;
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => {
      // The second time means: now.
      if (isStopping) process.exit(1);
      isStopping = true;
      void showcase.shutdown(graceMs).then(() => process.exit(0));
    });
  }
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
