import { type ChildProcess, fork } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Answer, Content, Sample } from "../checker/history.ts";
import { nowMs } from "../clock.ts";
import type { Order, Page, Report, ServerSettings } from "./control.ts";
import { settingsVariable } from "./control.ts";

/** Whether the end of a process was to be. */
export interface ServerEnd {
  readonly isExpected: boolean;
  readonly how: string;
  /** The end of what it has said. */
  readonly words: string;
}

export interface ServerHostListener {
  onListening(port: number): void;
  /** It is no more, and the next one is on its way. */
  onEnd(end: ServerEnd): void;
}

interface Pending {
  readonly resolve: (report: Report) => void;
  readonly reject: (error: Error) => void;
}

const restartMs = 100;
const wordsLength = 4000;
const orderTimeoutMs = 4000;
const stopTimeoutMs = 15_000;

/** Runs the server's process, and a new one whenever it has ended. */
export class ServerHost {
  readonly samples: Sample[] = [];
  /** Moved for the next process. */
  settings: ServerSettings;
  /** What the next process gets beside the environment of this one. */
  environment: Readonly<Record<string, string>> = {};
  starts = 0;
  private readonly listener: ServerHostListener;
  private child: ChildProcess | null = null;
  private readonly pending: Map<number, Pending> = new Map();
  private lastRef = 0;
  private isListening = false;
  private isFinal = false;
  private isEndExpected = false;
  /** While it lasts, processes end. */
  private readonly weaknesses: Set<{ readonly when: "start" | "always" }> = new Set();
  /** Its delays are the referee's doing. */
  private skippedDelays = 0;

  constructor(settings: ServerSettings, listener: ServerHostListener) {
    this.settings = settings;
    this.listener = listener;
  }

  get isUp(): boolean {
    return this.isListening;
  }

  get pid(): number | null {
    return this.child?.pid ?? null;
  }

  start(): void {
    this.starts += 1;
    const child = fork(join(import.meta.dirname, "main.ts"), {
      execArgv: ["--conditions=@openline/source", "--import", "tsx"],
      stdio: ["ignore", "pipe", "pipe", "ipc"],
      env: {
        ...process.env,
        ...this.environment,
        [settingsVariable]: JSON.stringify(this.settings),
      },
    });
    this.child = child;
    // One that is stopped would not see that its referee is gone.
    const end = (): void => void child.kill("SIGKILL");
    process.once("exit", end);
    child.once("close", () => process.off("exit", end));
    this.isEndExpected = false;
    this.skippedDelays = 1;
    let words = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on("data", (bytes: Buffer) => {
        words = (words + bytes.toString()).slice(-wordsLength);
      });
    }
    child.on("message", (report: Report) => this.take(report));
    child.on("error", () => {});
    child.once("close", (code, signal) => {
      const { isWeak } = this;
      this.isListening = false;
      this.rejectAll();
      const how = signal ?? `code ${code}`;
      this.listener.onEnd({ isExpected: this.isEndExpected || isWeak, how, words });
      this.child = null;
      if (this.isFinal) return;
      setTimeout(() => {
        if (!this.isFinal) this.start();
      }, restartMs);
    });
  }

  /** Sends a signal; `ends` tells that the process may end of it. */
  signal(signal: NodeJS.Signals, { ends }: { ends: boolean }): void {
    if (ends) this.isEndExpected = true;
    if (signal === "SIGSTOP" || signal === "SIGCONT") this.skippedDelays = 2;
    this.child?.kill(signal);
  }

  /** From now on processes may end as they start, or at any time; what is returned ends that. */
  weaken(when: "start" | "always"): () => void {
    const weakness = { when };
    this.weaknesses.add(weakness);
    return () => {
      // What has hit this one can still show.
      if (this.isWeak) this.isEndExpected = true;
      this.weaknesses.delete(weakness);
    };
  }

  publish(content: Content, by: "server" | "emit", padding: number): Promise<Answer> {
    return this.ask((ref) => ({ kind: "publish", ref, by, content, padding })).then((report) => {
      if (report.kind !== "answer") throw new TypeError(`an answer was expected: ${report.kind}`);
      return report.answer;
    });
  }

  async history(room: string, after: number): Promise<Page> {
    const report = await this.ask((ref) => ({ kind: "history", ref, room, after }));
    if (report.kind !== "page") throw new TypeError(`a page was expected: ${report.kind}`);
    return report.page;
  }

  async revoke(token: string): Promise<void> {
    await this.ask((ref) => ({ kind: "revoke", ref, token }));
  }

  moveClock(shiftMs: number): void {
    this.settings = { ...this.settings, shiftMs };
    this.child?.send({ kind: "clock", shiftMs } satisfies Order, () => {});
  }

  /** Ends the process for good; resolves to whether it has ended in peace. */
  async stop(): Promise<boolean> {
    this.isFinal = true;
    const { child } = this;
    if (child === null) return true;
    const closed = new Promise((resolve) => child.once("close", resolve));
    this.signal("SIGTERM", { ends: true });
    const timer = setTimeout(() => child.kill("SIGKILL"), stopTimeoutMs);
    await closed;
    clearTimeout(timer);
    return child.signalCode !== "SIGKILL";
  }

  private get isWeak(): boolean {
    for (const { when } of this.weaknesses) {
      if (when === "always" || !this.isListening) return true;
    }
    return false;
  }

  private ask(make: (ref: number) => Order): Promise<Report> {
    const { child } = this;
    if (child === null || !this.isListening) return Promise.reject(new Error("no server"));
    this.lastRef += 1;
    const ref = this.lastRef;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.pending.delete(ref);
        reject(new Error("timeout"));
      }, orderTimeoutMs);
      const settle = (): void => clearTimeout(timer);
      this.pending.set(ref, {
        resolve: (report) => {
          settle();
          resolve(report);
        },
        reject: (error) => {
          settle();
          reject(error);
        },
      });
      child.send(make(ref), (error) => {
        if (error === null || !this.pending.delete(ref)) return;
        settle();
        reject(error);
      });
    });
  }

  private take(report: Report): void {
    if (report.kind === "listening") {
      this.isListening = true;
      this.listener.onListening(report.port);
    } else if (report.kind === "delay") {
      this.sample(report.loopDelayMs);
    } else {
      const pending = this.pending.get(report.ref);
      this.pending.delete(report.ref);
      if (report.kind === "failed") pending?.reject(new Error(report.message));
      else pending?.resolve(report);
    }
  }

  private sample(loopDelayMs: number): void {
    const { pid } = this;
    if (pid === null) return;
    const isSkipped = this.skippedDelays > 0;
    if (isSkipped) this.skippedDelays -= 1;
    try {
      const status = readFileSync(`/proc/${pid}/status`, "utf8");
      const [, kibibytes = "0"] = /VmRSS:\s+(\d+) kB/.exec(status) ?? [];
      this.samples.push({
        atMs: nowMs(),
        pid,
        rssBytes: Number(kibibytes) * 1024,
        fileDescriptors: readdirSync(`/proc/${pid}/fd`).length,
        loopDelayMs: isSkipped ? null : loopDelayMs,
      });
    } catch {
      // It has ended meanwhile, or this machine has no /proc.
    }
  }

  private rejectAll(): void {
    for (const { reject } of this.pending.values()) reject(new Error("the server has ended"));
    this.pending.clear();
  }
}
