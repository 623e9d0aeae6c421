import { describe, expect, test } from "vitest";
import { type FuzzResult, fuzz } from "./fuzzer.ts";
import { bytesOf, type Target, textOf } from "./target.ts";
import { Violation } from "./violation.ts";

/** Fails for what `isBad` says; tells how much of `open sesame` an input begins with. */
function locked(isBad: (text: string) => boolean): Target {
  const secret = "open sesame";
  return {
    name: "locked",
    about: "opens for one word",
    sources: /never/,
    maxBytes: 40,
    shortExecutions: 0,
    dictionary: [],
    examples: [bytesOf("")],
    generate: (random) => random.bytes(3),
    run(input) {
      const text = textOf(input);
      if (isBad(text)) throw new Violation("it is open", text);
      let matching = 0;
      while (matching < secret.length && text[matching] === secret[matching]) matching += 1;
      return `${matching} right`;
    },
  };
}

function search(target: Target, seed: number, executions: number): Promise<FuzzResult> {
  return fuzz(target, {
    seed,
    coverage: null,
    batchSize: 32,
    isOver: (status) => status.executions >= executions,
  });
}

describe("fuzz", () => {
  test("finds by steps what chance alone would not, and makes it small", async () => {
    const result = await search(
      locked((text) => text.startsWith("open")),
      1,
      400_000,
    );
    expect(Buffer.from(result.finding?.input ?? []).toString()).toBe("open");
  });

  test("finds the same with the same seed", async () => {
    const target = locked((text) => text.startsWith("op"));
    const [first, second] = [await search(target, 5, 100_000), await search(target, 5, 100_000)];
    expect(first.finding).not.toBe(null);
    expect(second.executions).toBe(first.executions);
  });

  test("tells when nothing is found, and keeps one input for each outcome", async () => {
    const result = await search(
      locked(() => false),
      3,
      5000,
    );
    expect(result.finding).toBe(null);
    expect(result.executions).toBeGreaterThanOrEqual(5000);
    expect(result.corpus.length).toBeGreaterThan(1);
    expect(result.corpus.length).toBeLessThan(14);
  });

  test("takes any error for a finding, and not another one for the same", async () => {
    const target = locked(() => false);
    const broken: Target = {
      ...target,
      run(input) {
        if (input.length > 6) throw new TypeError("undefined is not a function");
        if (input.length > 3) throw new RangeError("something else");
        return "fine";
      },
      examples: [bytesOf("12345678")],
    };
    const { finding } = await search(broken, 1, 100);
    expect(finding?.error).toBeInstanceOf(TypeError);
    expect(finding?.input.length).toBe(7);
  });
});
