import { Writable } from "node:stream";
import pino from "pino";
import { describe, expect, it } from "vitest";
import { type Logger, logLevels, silentLogger, steadyLogger } from "./logger.ts";

describe("a logger", () => {
  it("may be a pino, whose level is asked each time", () => {
    const lines: Record<string, unknown>[] = [];
    const stream = new Writable({
      write: (chunk, _, done) => {
        lines.push(JSON.parse(String(chunk)) as Record<string, unknown>);
        done();
      },
    });
    const theirs = pino({ level: "warn" }, stream);
    const logger = steadyLogger(theirs);
    logger.info({ connection: "a" }, "left out");
    logger.warn({ connection: "a", code: "OPENLINE_ORIGIN" }, "refused");
    theirs.level = "info";
    logger.info({ connection: "b" }, "connected");
    expect(lines).toMatchObject([
      { level: 40, connection: "a", code: "OPENLINE_ORIGIN", msg: "refused" },
      { level: 30, connection: "b", msg: "connected" },
    ]);
  });

  it("that throws does not reach who writes", () => {
    const broken = Object.fromEntries(
      logLevels.map((level) => [
        level,
        () => {
          throw new Error("the disk is full");
        },
      ]),
    ) as unknown as Logger;
    const logger = steadyLogger(broken);
    for (const level of logLevels) expect(() => logger[level]({}, "line")).not.toThrow();
  });

  it("keeps `this`", () => {
    class Kept {
      readonly lines: unknown[] = [];
      trace = (): void => undefined;
      debug = this.trace;
      warn = this.trace;
      error = this.trace;
      fatal = this.trace;
      info(fields: object): void {
        this.lines.push(fields);
      }
    }
    const kept = new Kept();
    steadyLogger(kept).info({ a: 1 });
    expect(kept.lines).toEqual([{ a: 1 }]);
  });

  it.each([[undefined], [null], [{}], ["pino"], [{ ...silentLogger, fatal: undefined }]])(
    "is not %j",
    (logger) => {
      expect(() => steadyLogger(logger as never)).toThrow("`logger` takes a pino, or an object");
    },
  );
});
