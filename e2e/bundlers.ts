import { readFileSync } from "node:fs";
import { join } from "node:path";
import { build as buildByEsbuild } from "esbuild";
import { build as buildByVite, createLogger, type Rolldown } from "vite";
import webpack from "webpack";

/** What a bundler has made of an application. */
export interface BuiltApp {
  readonly code: string;
  /** Everything that it complained of. */
  readonly warnings: readonly string[];
  /** What went in: paths of modules, as the bundler names them. */
  readonly modules: readonly string[];
}

/** Builds `folder/entry` for pages, with the settings that an application begins with. */
export type Bundler = (folder: string, entry: string) => Promise<BuiltApp>;

export const bundlers: Readonly<Record<string, Bundler>> = {
  async Vite(folder, entry) {
    const warnings: string[] = [];
    const customLogger = createLogger("silent");
    customLogger.warn = (message) => void warnings.push(message);
    customLogger.warnOnce = customLogger.warn;
    const built = await buildByVite({
      root: folder,
      configFile: false,
      logLevel: "silent",
      customLogger,
      build: { write: false, rolldownOptions: { input: join(folder, entry) } },
    });
    const { output } = built as Rolldown.RolldownOutput; // one, since there is one format
    const [{ code, moduleIds }, ...others] = output;
    if (others.length > 0)
      warnings.push(`more than one file: ${others.map((each) => each.fileName)}`);
    // A module of the bundler's own begins with a zero.
    return { code, warnings, modules: moduleIds.filter((id) => !id.startsWith("\0")) };
  },

  async webpack(folder, entry) {
    const compiler = webpack({
      mode: "production",
      context: folder,
      entry: `./${entry}`,
      output: { path: join(folder, "webpack"), filename: `${entry}.js` },
    });
    const stats = await new Promise<webpack.Stats>((resolve, reject) => {
      compiler.run((error, done) => {
        if (done) resolve(done);
        else reject(error ?? new Error("webpack tells nothing"));
      });
    });
    await new Promise((resolve) => compiler.close(resolve));
    const { errors = [], warnings = [] } = stats.toJson({
      all: false,
      errors: true,
      warnings: true,
    });
    return {
      code: readFileSync(join(folder, "webpack", `${entry}.js`), "utf8"),
      warnings: [...errors, ...warnings].map(({ message }) => message),
      modules: [...stats.compilation.modules].flatMap((module) => module.nameForCondition() ?? []),
    };
  },

  async esbuild(folder, entry) {
    const built = await buildByEsbuild({
      absWorkingDir: folder,
      entryPoints: [entry],
      bundle: true,
      minify: true,
      metafile: true,
      write: false,
      logLevel: "silent",
    });
    return {
      code: built.outputFiles[0]?.text ?? "",
      warnings: built.warnings.map(({ text }) => text),
      modules: Object.keys(built.metafile.inputs),
    };
  },
};
