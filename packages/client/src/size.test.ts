import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build as buildByEsbuild } from "esbuild";
import { build as buildByVite, type Rolldown } from "vite";
import { describe, expect, test } from "vitest";

/** Bundles an entry as an application's own build would, for browsers. */
const bundlers: Record<string, (entry: string) => Promise<string>> = {
  async Vite(entry) {
    const built = await buildByVite({
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
  },

  async esbuild(entry) {
    const { outputFiles, warnings } = await buildByEsbuild({
      entryPoints: [join(import.meta.dirname, entry)],
      conditions: ["@openline/source"],
      bundle: true,
      format: "esm",
      minify: true,
      write: false,
    });
    expect(warnings).toEqual([]);
    expect(outputFiles).toHaveLength(1);
    return outputFiles[0]!.text; // see above
  },
};

/** What the README promises of an entry. */
function promisedBytes(name: string): number {
  const readme = readFileSync(join(import.meta.dirname, "../README.md"), "utf8");
  const row = readme.split("\n").find((line) => line.startsWith(`| \`${name}\``));
  return Number(/less than ([\d,]+) \|$/.exec(row ?? "")?.[1]?.replace(",", ""));
}

function gzippedBytes(code: string): number {
  return gzipSync(code, { level: 9 }).length;
}

describe.each(Object.entries(bundlers))("minified by %s and compressed by gzip", (_, bundle) => {
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

  test("channels, with the client, are no larger than 17,000 bytes", async () => {
    const code = await bundle("channels/index.ts");
    expect(code).toContain("openline:join");
    expect(gzippedBytes(code)).toBeLessThanOrEqual(17_000);
  });

  test("all are smaller than the README says", async () => {
    expect(gzippedBytes(await bundle("index.ts"))).toBeLessThan(promisedBytes("@openline/client"));
    expect(gzippedBytes(await bundle("websocket.ts"))).toBeLessThan(
      promisedBytes("@openline/client/websocket"),
    );
    expect(gzippedBytes(await bundle("channels/index.ts"))).toBeLessThan(
      promisedBytes("@openline/client/channels"),
    );
  });

  test("none has anything of Node", async () => {
    for (const entry of ["index.ts", "websocket.ts", "channels/index.ts"]) {
      expect(await bundle(entry)).not.toMatch(/nodebuffer|@openline\/websocket|set-cookie/i);
    }
  });
});
