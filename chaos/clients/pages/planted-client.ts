import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { WebSocket } from "@openline/websocket";
import { build, type Plugin } from "esbuild";

/** What pages use of `@openline/client/channels`. */
export type Channels = Pick<typeof import("@openline/client/channels"), "createClient">;

/** A change to one line of a source file of the client. */
interface Change {
  readonly file: string;
  readonly line: string;
  readonly instead: string;
}

interface ClientPlant {
  readonly about: string;
  readonly changes: readonly Change[];
}

/** Bugs of our own client that can be planted, each of which the checker has to find. */
export const clientPlants = {
  "client-repeat": {
    about: "a page delivers what it has delivered before, when the server tells it again",
    changes: [
      {
        file: "channel-reader.ts",
        line: "if (each.offset <= this.#place!.offset) continue;",
        instead: "",
      },
      // Else the server would not tell it again.
      {
        file: "channel-reader.ts",
        line: "since: place ?? (",
        instead: "since: place ? { ...place, offset: Math.max(0, place.offset - 3) } : (",
      },
    ],
  },
  "client-drop": {
    about: "a page that reads a history drops what comes live meanwhile",
    changes: [
      {
        file: "channel-reader.ts",
        line: "if (each.offset <= this.#place!.offset) continue;",
        instead: "if (each.offset <= this.#place!.offset || this.#held.has(each.offset)) continue;",
      },
      // So that there is something to read again and again.
      { file: "room-line.ts", line: "const PAGE = 500;", instead: "const PAGE = 10;" },
    ],
  },
  "client-forget": {
    about: "a page does not store what is published",
    changes: [
      {
        file: "outbox.ts",
        line: "if (this.#storage === null) done();",
        instead: "if (entry !== null) done();",
      },
    ],
  },
  "client-rename": {
    about: "a page gives a message another id when it sends it again",
    changes: [
      {
        file: "outbox.ts",
        line: "const fields = { room, event, args, id, producer, epoch, sequence };",
        instead: `
          const sent = (globalThis.plantedSent ??= new Set());
          const named = sent.has(id) ? id + ", again" : id;
          sent.add(id);
          const fields = { room, event, args, id: named, producer, epoch, sequence };`,
      },
    ],
  },
} as const satisfies Readonly<Record<string, ClientPlant>>;

export type ClientPlantName = keyof typeof clientPlants;

const root = join(import.meta.dirname, "../../..");
const sources = join(root, "packages/client/src/channels");

/**
 * Builds our own client with a bug in it.
 *
 * @throws Error if the client does not have the lines any more that the bug would change
 */
export async function plantClientBug(plant: ClientPlantName): Promise<Channels> {
  // Where the packages are found that the client asks for by their names.
  const cache = join(root, "node_modules/.cache");
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, "openline-chaos-"));
  try {
    const outfile = join(folder, "channels.mjs");
    await build({
      entryPoints: [join(sources, "index.ts")],
      ...{ outfile, bundle: true, format: "esm", platform: "node", logLevel: "silent" },
      conditions: ["@openline/source"],
      plugins: [changing(clientPlants[plant].changes)],
    });
    const { createClient } = (await import(pathToFileURL(outfile).href)) as Channels; // its entry
    // The one that it would look for itself may not be built.
    const own: object = { WebSocket };
    const connect = (url: string, options: object) => createClient(url, { ...options, ...own });
    return { createClient: connect as Channels["createClient"] }; // pages give it both
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function changing(changes: readonly Change[]): Plugin {
  return {
    name: "planted",
    setup({ onLoad }) {
      const files = new Set(changes.map(({ file }) => file));
      for (const name of files) {
        const filter = new RegExp(`channels/${name.replace(".", "\\.")}$`);
        onLoad({ filter }, ({ path }) => {
          let contents = readFileSync(path, "utf8");
          for (const { file, line, instead } of changes) {
            if (file !== name) continue;
            const parts = contents.split(line);
            if (parts.length !== 2) throw new Error(`${file} has ${parts.length - 1} of: ${line}`);
            contents = parts.join(instead);
          }
          return { contents, loader: "ts" };
        });
      }
    },
  };
}
