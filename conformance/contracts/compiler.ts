import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

const root = join(import.meta.dirname, "../..");
const compiler = join(root, "node_modules/typescript/bin/tsc");

/** What the TypeScript compiler says of one place in a program. */
export interface Diagnostic {
  readonly file: string;
  readonly line: number;
  /** What stands there, from that place on. */
  readonly code: string;
  /** All of it, with what is indented below. */
  readonly message: string;
}

/** The source of each file of a program, by its name. */
export type Program = Readonly<Record<string, string>>;

/** Compiles a program as an application that has our packages installed would, with the strictest flags. */
export async function compile(program: Program): Promise<readonly Diagnostic[]> {
  // Below the root, where packages are found.
  const cache = join(root, "node_modules/.cache");
  await mkdir(cache, { recursive: true });
  const folder = await mkdtemp(join(cache, "openline-compiler-"));
  try {
    const options = {
      extends: join(root, "tsconfig.base.json"),
      compilerOptions: {
        noEmit: true,
        isolatedDeclarations: false,
        declaration: false,
        types: ["node"],
        customConditions: ["@openline/source"],
      },
      include: ["*.ts"],
    };
    await writeFile(join(folder, "tsconfig.json"), JSON.stringify(options));
    await writeFile(join(folder, "package.json"), JSON.stringify({ type: "module" }));
    for (const [file, source] of Object.entries(program)) {
      await writeFile(join(folder, file), source);
    }
    return diagnosticsIn(await run(folder), program);
  } finally {
    await rm(folder, { recursive: true });
  }
}

function run(folder: string): Promise<string> {
  const args = [compiler, "-p", folder, "--pretty", "false"];
  return new Promise((resolve, reject) => {
    execFile(process.execPath, args, { cwd: folder }, (error, output) => {
      // It fails where there is something to say.
      if (error !== null && output === "") reject(error);
      else resolve(output);
    });
  });
}

function diagnosticsIn(output: string, program: Program): Diagnostic[] {
  const found: (Diagnostic & { message: string })[] = [];
  for (const text of output.split("\n")) {
    const match = /^([\w-]+\.ts)\((\d+),(\d+)\): error TS\d+: (.*)$/.exec(text);
    if (match !== null) {
      const [, file = "", line = "", column = "", message = ""] = match;
      const lines = program[file]?.split("\n") ?? [];
      const code = (lines[Number(line) - 1] ?? "").slice(Number(column) - 1);
      found.push({ file, line: Number(line), code, message });
    } else if (text.startsWith("  ")) {
      const last = found.at(-1);
      if (last !== undefined) last.message += `\n${text}`;
    } else if (text !== "") throw new Error(`The compiler says of something else: ${text}`);
  }
  return found;
}
