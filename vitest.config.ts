import { defineConfig } from "vitest/config";

/** Packages are tested from source: their `@openline/source` export wins over the built one. */
const conditions = ["@openline/source", "node"];
/** Node adds `import` or `require` by itself, and gets both wrong where it is told one. */
const externalConditions = ["@openline/source", "node"];

/** A group of tests that runs alone with `npx vitest run --project <name>`. */
function project(
  name: string,
  include: string[],
  options: { isSerial?: boolean; readsBundles?: boolean } = {},
) {
  return {
    extends: true as const,
    test: {
      name,
      include,
      // Packages run from source, but servers read the bundles that a build has made.
      globalSetup: options.readsBundles ? ["./tools/bundles/ensure.ts"] : [],
      // Files that own a browser, a proxy or a CPU core must not run beside each other.
      fileParallelism: !options.isSerial,
    },
  };
}

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions } },
  test: {
    testTimeout: 30_000,
    hookTimeout: 30_000,
    pool: "forks",
    projects: [
      project("tools", ["tools/!(packaging)/*.test.ts", "tools/*.test.ts"]),
      project("unit", ["packages/*/src/**/*.test.ts", "apps/**/*.test.ts", "bench/**/*.test.ts"]),
      project("conformance", ["conformance/**/*.test.ts"], { readsBundles: true }),
      project("packaging", ["tools/packaging/**/*.test.ts"], { isSerial: true }),
      project("interop", ["interop/**/*.test.ts"], { isSerial: true }),
      project("fuzz", ["fuzz/**/*.test.ts"]),
      project("simulation", ["simulation/**/*.test.ts"]),
      project("chaos", ["chaos/**/*.test.ts"], { isSerial: true }),
      project("hostile", ["hostile/**/*.test.ts"], { isSerial: true }),
      project("e2e", ["e2e/**/*.test.ts"], { isSerial: true, readsBundles: true }),
    ],
  },
});
