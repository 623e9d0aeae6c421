import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build, type Rolldown } from "vite";
import { describe, expect, test } from "vitest";

/** Bundles an entry as an application's own build would, for browsers. */
async function bundle(entry: string): Promise<string> {
  const built = await build({
    root: import.meta.dirname,
    configFile: false,
    logLevel: "error",
    resolve: { conditions: ["@openline/source", "browser", "module"] },
    build: {
      write: false,
      modulePreload: false,
      target: "esnext",
      rolldownOptions: {
        input: join(import.meta.dirname, entry),
        preserveEntrySignatures: "strict",
        output: { format: "es" },
      },
    },
  });
  const { output } = built as Rolldown.RolldownOutput; // one, since there is one format
  expect(output).toHaveLength(1);
  return output[0].code;
}

function gzippedBytes(code: string): number {
  return gzipSync(code, { level: 9 }).length;
}

describe("minified by Vite and compressed by gzip", () => {
  test("the client is no larger than 8,192 bytes", async () => {
    const code = await bundle("index.ts");
    expect(code).toContain("randomizationFactor");
    expect(gzippedBytes(code)).toBeLessThanOrEqual(8_192);
  });

  test("the WebSocket-only client is no larger than 5,120 bytes", async () => {
    const code = await bundle("websocket.ts");
    expect(code).toContain("randomizationFactor");
    expect(code).not.toContain("polling");
    expect(gzippedBytes(code)).toBeLessThanOrEqual(5_120);
  });

  test("neither has anything of Node", async () => {
    for (const entry of ["index.ts", "websocket.ts"]) {
      expect(await bundle(entry)).not.toMatch(/nodebuffer|@openline\/websocket|set-cookie/i);
    }
  });
});
