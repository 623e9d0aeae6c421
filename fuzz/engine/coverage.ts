import { type Profiler, Session } from "node:inspector";

/** The characters of one script, 1 for each that was run. */
interface Script {
  readonly covered: Uint8Array;
  count: number;
  /** Places that the last sample added. */
  added: number[];
}

/**
 * Which parts of the sources have run in this process, by V8's own block coverage.
 *
 * Must exist before the sources are imported: V8 gives no counters to functions that were
 * optimised before.
 */
export class Coverage {
  private readonly session = new Session();
  private readonly scripts = new Map<string, Script>();

  constructor() {
    this.session.connect();
    this.session.post("Profiler.enable");
    this.session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: true });
  }

  /** Adds what has run since the last call, in scripts that `sources` matches. True if any is new. */
  sample(sources: RegExp): boolean {
    let isNew = false;
    for (const script of this.scripts.values()) script.added = [];
    this.session.post("Profiler.takePreciseCoverage", (error, { result }) => {
      if (error !== null) throw error;
      for (const script of result) {
        if (sources.test(script.url) && this.add(script)) isNew = true;
      }
    });
    return isNew;
  }

  /** Takes back what the last sample added. */
  forgetLast(): void {
    for (const script of this.scripts.values()) {
      for (const at of script.added) script.covered[at] = 0;
      script.count -= script.added.length;
      script.added = [];
    }
  }

  /** Leaves out what has run since the last sample. */
  skip(): void {
    this.session.post("Profiler.takePreciseCoverage");
  }

  /** The share of the characters of all functions, in scripts that `sources` matches, 0 to 1. */
  shareOf(sources: RegExp): number {
    let covered = 0;
    let all = 0;
    for (const [url, script] of this.scripts) {
      if (!sources.test(url)) continue;
      covered += script.count;
      all += script.covered.length;
    }
    return all === 0 ? 0 : covered / all;
  }

  close(): void {
    this.session.disconnect();
  }

  private add({ url, functions }: Profiler.ScriptCoverage): boolean {
    const end = Math.max(...functions.map(({ ranges }) => ranges[0]?.endOffset ?? 0));
    let script = this.scripts.get(url);
    if (script === undefined || script.covered.length < end) {
      const covered = new Uint8Array(end);
      covered.set(script?.covered ?? []);
      script = { covered, count: script?.count ?? 0, added: script?.added ?? [] };
      this.scripts.set(url, script);
    }
    // Ranges come with the outer before the inner: the inner ones overwrite.
    const now = new Uint8Array(end);
    for (const { ranges } of functions) {
      for (const { startOffset, endOffset, count } of ranges) {
        now.fill(count > 0 ? 1 : 0, startOffset, endOffset);
      }
    }
    const before = script.count;
    const { covered } = script;
    for (let at = 0; at < end; at += 1) {
      if (now[at] === 1 && covered[at] === 0) {
        covered[at] = 1;
        script.count += 1;
        script.added.push(at);
      }
    }
    return script.count > before;
  }
}
