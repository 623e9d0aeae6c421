import { join } from "node:path";
import type { Pages } from "../showcase.ts";
import { answerFile } from "./answer-file.ts";
import { readFiles } from "./site-files.ts";

/** Serves what `vite build` made; its pages may connect to `controlPort` of the same host, too. */
export function loadBuiltPages(controlPort: number | undefined): Pages {
  const folder = join(import.meta.dirname, "../../pages");
  const files = readFiles(folder);
  return { handle: (request, response) => answerFile(files, request, response, controlPort) };
}
